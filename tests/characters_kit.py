"""Characters for tests: clips drawn here, of things and never of people, and rows in any state."""

import functools
import io
from fractions import Fraction
from typing import Any

import av
from django.utils import timezone
from PIL import Image, ImageDraw

from characters.files import keep
from characters.models import Character, CharacterFile, Clip, FileKind, Kind, Origin
from characters.states import USABLE, WORKING, State
from renders.models import ProviderAccount, Registration, RegistrationStatus
from tenants import storage
from tenants.models import User
from tests.cast import Cast

FACTS = {
    "container": "mp4",
    "codec": "h264",
    "pixel_format": "yuv420p",
    "width": 1280,
    "height": 720,
    "rotation": 0,
    "frames": 72,
    "fps_num": 24,
    "fps_den": 1,
    "seconds": 3.0,
    "has_audio": False,
    "preview_width": 640,
    "preview_height": 360,
    "detector": "",
    "looked_at": 0,
    "faces": 0,
}
SHEET = {"look": "A round thing.", "rights_holder": "Acme", "rights_evidence": "Contract 7"}


@functools.cache
def clip_bytes(
    width: int = 1280,
    height: int = 720,
    seconds: float = 3.0,
    fps: int = 24,
    *,
    kind: str = "mp4",
    codec: str = "libx264",
    pixels: str = "yuv420p",
    sound: bool = False,
) -> bytes:
    """A drawn clip of a ball that rolls."""
    out, count = io.BytesIO(), round(seconds * fps)
    with av.open(out, "w", format=kind) as made:
        stream = made.add_stream(
            codec, rate=fps, options={"preset": "ultrafast"} if codec == "libx264" else {}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        tone = made.add_stream("aac", rate=48_000) if sound else None
        for number in range(count):
            frame = av.VideoFrame.from_image(_picture(width, height, number / max(count, 1)))
            frame.pts, frame.time_base = number, Fraction(1, fps)
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
        if tone is not None:
            _silence(made, tone, seconds)
    return out.getvalue()


def _silence(made: Any, tone: Any, seconds: float) -> None:
    for number in range(round(seconds * 48_000 / 1024)):
        frame = av.AudioFrame(format="fltp", layout="stereo", samples=1024)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 1024, Fraction(1, 48_000)
        made.mux(tone.encode(frame))
    made.mux(tone.encode(None))


def _picture(width: int, height: int, at: float) -> Image.Image:
    picture = Image.new("RGB", (width, height), (232, 222, 204))
    pen, side = ImageDraw.Draw(picture), min(width, height) * 0.4
    left = (width - side) * at
    pen.ellipse((left, height / 2 - side / 2, left + side, height / 2 + side / 2), fill=(34, 120, 118))
    pen.rectangle(
        (left + side * 0.4, height / 2 - side * 0.1, left + side * 0.6, height / 2 + side * 0.1),
        fill=(230, 140, 60),
    )
    return picture


def character(
    cast: Cast, state: State = State.REGISTERED, *, name: str = "Pip", by: User | None = None, **fields: Any
) -> Character:
    """A character in this state, with a clip of its own made by Amara. Needs the agency in scope."""
    by = by or cast.amara
    made: Character = Character.objects.create(
        name=name, created_by=by, **{"kind": Kind.MASCOT, **SHEET, **fields}
    )
    clip(made, by)
    changes: dict[str, Any] = {"state": state}
    if state in USABLE:
        changes |= {"approved_by": cast.bruno, "approved_at": timezone.now()}
    if state in WORKING:
        changes["next_action_at"] = timezone.now()
    Character.objects.filter(pk=made.pk).update(**changes)
    return fresh(made)


def fresh(of: Character) -> Character:
    """The row as it is now."""
    found: Character = Character.objects.select_related("clip", "client").get(pk=of.pk)
    return found


def clip(of: Character, by: User, *, attested: bool = True, **facts: Any) -> Clip:
    """The character's clip, with stored files, that breaks no rule unless `facts` say so."""
    vouched = (
        {
            "attested_by": by,
            "attested_at": timezone.now(),
            "attested_name": by.display_name,
            "attested_text": "Nobody is in it.",
        }
        if attested
        else {}
    )
    made: Clip = Clip.objects.create(
        character=of,
        number=of.clips.count() + 1,
        origin=Origin.UPLOAD,
        facts={**FACTS, **facts},
        created_by=by,
        **vouched,
    )
    types = {FileKind.SOURCE: "video/mp4", FileKind.PREVIEW: "video/mp4", FileKind.POSTER: "image/webp"}
    with storage.workspace() as folder:
        for kind, content_type in types.items():
            content = clip_bytes() if kind == FileKind.SOURCE else f"{kind} of {made.pk}".encode()
            staged = storage.stage(folder / kind, [content])
            keep(of, kind, staged, content_type, clip=made).save()
    of.clip = made
    of.save(update_fields=["clip"])
    return made


def registered(of: Character, account: ProviderAccount, *, provider_id: str = "") -> Registration:
    """The character as this account knows it."""
    made: Registration = Registration.objects.create(
        character=of,
        account=account,
        number=of.registrations.filter(account=account).count() + 1,
        status=RegistrationStatus.REGISTERED,
        name=of.name,
        clip_sha256=source_of(of).sha256,
        asked_at=of.state_at,
        provider_character_id=provider_id or f"char_{of.pk.hex}",
        registered_at=timezone.now(),
    )
    return made


def source_of(of: Character) -> CharacterFile:
    """The file of its clip."""
    found: CharacterFile = CharacterFile.objects.get(clip=of.clip, kind=FileKind.SOURCE)
    return found
