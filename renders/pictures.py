"""Images that open clips: which may be used, at which size, and how one is cut to it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from characters.models import Likeness
from renders.models import BriefVersion, Picture, PictureFile, PictureFileKind, ProviderAccount
from tenants.errors import Refused
from tenants.public_ids import decode

ROOM = "pictures"  # in the storage, apart from takes' and characters' files
MAX_BYTES = 20_000_000  # of an upload
# Bytes of what is sent. As text inside JSON it grows by a third, and the API's document takes 20,971,520 characters.
MAX_SENT_BYTES = 15_000_000
MOST_ZOOM = 400  # percent
ATTESTATION = "No real person can be recognised in this image, and we may use it."


class CannotUse(Refused):
    """A clip cannot open with this image; the text says why and what to do."""

    field = "picture"


def size_words(size: str) -> str:
    """1280 × 720."""
    return size.replace("x", " × ")


def why_not(file: PictureFile, account: ProviderAccount) -> str:
    """Why no clip of this account may open with it, whatever its size; empty when one may."""
    if refusal := account.why_cannot("can_reference"):
        return refusal
    if not file.is_kept:
        return _("The opening image was deleted. Choose another one, or take it out.")
    picture = file.picture
    if picture.likeness == Likeness.REFUSED:
        return _("The platform’s staff refused the opening image: %(why)s") % {"why": picture.likeness_reason}
    if picture.likeness == Likeness.DOUBTFUL:
        return _("%(doubt)s The platform’s staff look at it; until then no clip opens with it.") % {
            "doubt": picture.doubt
        }
    if picture.likeness == Likeness.ELIGIBLE and not account.takes_likeness():
        return _("The opening image shows somebody’s likeness, and %(account)s has not agreed to that.") % {
            "account": account.name
        }
    return ""


def misfit(file: PictureFile, size: str) -> str:
    """Why its bytes cannot open a clip of this size (WIDTHxHEIGHT) as they are; empty when they can."""
    if file.size != size:
        return _(
            "The opening image has %(has)s pixels, and the clip %(wants)s. They must be equal: cut it to size."
        ) % {"has": size_words(file.size), "wants": size_words(size)}
    if file.kind == PictureFileKind.ORIGINAL and file.picture.facts["rewrite"]:
        return _(
            "The opening image has the right size, but is turned, transparent or in unusual colours: cut it to size."
        )
    if file.size_bytes > MAX_SENT_BYTES:
        return _("The opening image has the right size, but too many bytes to be sent: cut it to size.")
    return ""


def _locked(pk: UUID) -> PictureFile:
    """The file as it is now; nobody deletes or judges its picture until the transaction ends."""
    picture = Picture.objects.select_for_update(of=("self",), no_key=True).get(files=pk)
    file: PictureFile = PictureFile.objects.get(pk=pk)
    file.picture = picture
    return file


def check(file: PictureFile | None, *, size: str, account: ProviderAccount) -> None:
    """Whether a clip that is written down in this transaction may open with it. Raises CannotUse."""
    if file is None:
        return
    file = _locked(file.pk)
    if refusal := why_not(file, account) or misfit(file, size):
        raise CannotUse(refusal)
    if not file.picture.is_vouched:
        raise CannotUse(_("Say that nobody can be recognised in the opening image: providers refuse faces."))


def withdrawn(version: BriefVersion, account: ProviderAccount) -> str:
    """Why a queued take may not go out with its opening image any more; empty when it may, or there is none.

    The picture's row stays locked until the transaction ends: whoever deletes it comes before the intent, and then this
    says so, or after it, and then the take is seen to be at work.
    """
    if version.picture_id is None:
        return ""
    return why_not(_locked(version.picture_id), account)


@dataclass(frozen=True)
class Choice:
    """What a person chose: `zoom` in percent of the largest part that fits; `x` and `y` where that part sits, 0 (left,
    top) to 100 along its free way.
    """

    x: int = 50
    y: int = 50
    zoom: int = 100


def rectangle(width: int, height: int, size: str, choice: Choice) -> tuple[int, int, int, int]:
    """(left, top, wide, tall) in pixels of the image: a part of the clip's shape, never empty, never outside."""
    to_wide, to_tall = (int(part) for part in size.split("x"))
    zoom = min(max(choice.zoom, 100), MOST_ZOOM)
    if width * to_tall >= height * to_wide:
        tall = max(1, height * 100 // zoom)
        wide = max(1, min(width, round(tall * to_wide / to_tall)))
    else:
        wide = max(1, width * 100 // zoom)
        tall = max(1, min(height, round(wide * to_tall / to_wide)))
    left = (width - wide) * min(max(choice.x, 0), 100) // 100
    top = (height - tall) * min(max(choice.y, 0), 100) // 100
    return left, top, wide, tall


def plan(file: PictureFile, size: str, choice: Choice) -> dict[str, Any]:
    """The cut for tenants.media.run.fit: left, top, wide, tall, width, height."""
    left, top, wide, tall = rectangle(file.width, file.height, size, choice)
    width, height = (int(part) for part in size.split("x"))
    return {"left": left, "top": top, "wide": wide, "tall": tall, "width": width, "height": height}


def enlargement(file: PictureFile, size: str, choice: Choice) -> float:
    """How many times larger each pixel of the image is drawn: above 1 it loses sharpness."""
    _left, _top, wide, tall = rectangle(file.width, file.height, size, choice)
    width, height = (int(part) for part in size.split("x"))
    return max(width / wide, height / tall)


def kept_choice(file: PictureFile | None) -> Choice:
    """What was chosen for a cut; the middle for anything else."""
    chosen: Mapping[str, Any] = file.cut.get("choice", {}) if file is not None else {}
    return Choice(**{name: int(value) for name, value in chosen.items() if name in asdict(Choice())})


def original_of(file: PictureFile) -> PictureFile | None:
    """What it was cut from, or itself; None when that was deleted."""
    if file.kind == PictureFileKind.ORIGINAL:
        return file if file.is_kept else None
    found: PictureFile | None = file.picture.file(PictureFileKind.ORIGINAL)
    return found


def find(public_id: str) -> PictureFile | None:
    """A file of the agency in scope by its public id, with its picture and that one's files; None for anything else."""
    try:
        pk = decode(PictureFile.prefix, public_id)
    except ValueError:
        return None
    rows = PictureFile.objects.select_related("picture__take__brief").prefetch_related("picture__files")
    found: PictureFile | None = rows.exclude(kind=PictureFileKind.PREVIEW).filter(pk=pk).first()
    return found
