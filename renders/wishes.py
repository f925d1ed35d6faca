"""What a take asks of the provider: a new clip, or a remix, an edit or an extension of one. Checked before it is priced."""

from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone

from renders import pricing
from renders.models import AssetKind, Attempt, Mode, ProviderAccount, Render
from renders.states import Kind
from tenants.errors import Refused


class CannotDerive(Refused):
    """Nothing can be made from this take; the text is the disabled button's reason."""


@dataclass(frozen=True)
class Wish:
    """`seconds` is what is paid for, `clip_seconds` how long the clip is that comes out.

    `parent`: the clip it starts from; of a new clip, the take that it repeats or is the final version of.
    """

    kind: Kind
    model: str
    size: str
    seconds: int
    clip_seconds: int
    extensions: int = 0
    parent: Render | None = None
    is_final: bool = False
    mode: str = Mode.STANDARD

    def choice(self) -> dict[str, Any]:
        """model, size and seconds."""
        return {"model": self.model, "size": self.size, "seconds": self.seconds}

    def params(self) -> dict[str, Any]:
        """What of it decides how the clip is made: part of the take's digest."""
        if self.kind == Kind.CREATE:
            return {"kind": self.kind, **self.choice()}
        assert self.parent is not None
        source = self.parent.asset_record(AssetKind.ORIGINAL)
        of = {"source": self.parent.public_id, "source_sha256": source.sha256 if source else ""}
        return {"kind": self.kind, **self.choice(), "clip_seconds": self.clip_seconds, **of}


def new_clip(
    *, model: str, size: str, seconds: int, parent: Render | None = None, is_final: bool = False
) -> Wish:
    """A clip from nothing but its brief."""
    return Wish(Kind.CREATE, model, size, seconds, seconds, parent=parent, is_final=is_final)


def remix(source: Render) -> Wish:
    """The same scene once more with another prompt."""
    return _whole(Kind.REMIX, source)


def edit(source: Render) -> Wish:
    """The same clip with something changed."""
    return _whole(Kind.EDIT, source)


def _whole(kind: Kind, source: Render) -> Wish:
    # What was extended stays as long as it is: a later extension counts on.
    return Wish(
        kind,
        source.model,
        source.size,
        source.clip_seconds,
        source.clip_seconds,
        extensions=source.extensions,
        parent=source,
    )


def extend(source: Render, seconds: int) -> Wish:
    """The clip with `seconds` more at its end."""
    return Wish(
        Kind.EXTEND,
        source.model,
        source.size,
        seconds,
        source.clip_seconds + seconds,
        extensions=source.extensions + 1,
        parent=source,
    )


def wish_of(render: Render) -> Wish:
    """What this take asked for."""
    return Wish(
        Kind(render.kind),
        render.model,
        render.size,
        render.seconds,
        render.clip_seconds,
        extensions=render.extensions,
        parent=render.parent,
        is_final=render.is_final,
        mode=render.mode,
    )


def same_again(render: Render) -> Wish:
    """What this take asked for, once more: a new clip repeats it, a derived one starts from the same clip."""
    asked = wish_of(render)
    # Its final version is another final version of the draft that was chosen.
    repeats = render.kind == Kind.CREATE and not render.is_final
    return replace(asked, parent=render) if repeats else asked


def check(account: ProviderAccount, wish: Wish) -> None:
    """Raises pricing.IllegalChoice with the nearest legal choice, or CannotDerive."""
    if wish.kind == Kind.CREATE:
        pricing.check_choice(account, **wish.choice())
        return
    assert wish.parent is not None
    check_source(account, wish.parent, wish.kind)
    pricing.check_pair(account, model=wish.model, size=wish.size)
    if wish.kind == Kind.EXTEND:
        pricing.check_extension(
            account, before=wish.parent.clip_seconds, extensions=wish.extensions, seconds=wish.seconds
        )


def check_source(account: ProviderAccount, source: Render, kind: Kind) -> None:
    """Raises CannotDerive when the clip of this take is not there to start from."""
    if not source.is_reviewable:
        raise CannotDerive("There is no clip to start from: this take is not finished.")
    if source.is_taken_down:
        raise CannotDerive("The platform took this clip down, so nothing is made from it.")
    if known_there(account, source):
        return
    if kind == Kind.REMIX:
        raise CannotDerive(
            f"{account.name} does not have this clip any more, and a remix can only name a clip that it has. "
            "Edit it instead: then our copy is sent along."
        )
    if source.asset(AssetKind.ORIGINAL) is None:
        raise CannotDerive(
            "The files of this take were deleted, so there is nothing to start from. Choose another take."
        )


def known_there(account: ProviderAccount, source: Render) -> str:
    """The provider's id of the clip, as long as the account still has it; else empty."""
    attempt: Attempt | None = max(source.attempts.all(), key=lambda a: a.number, default=None)
    if attempt is None or attempt.account_id != account.pk or attempt.provider_deleted_at is not None:
        return ""
    if attempt.expires_at is not None and attempt.expires_at <= timezone.now():
        return ""
    return attempt.provider_video_id or ""


def seconds_left(account: ProviderAccount, source: Render) -> int:
    """How much longer extensions may make this clip; 0 when its number of extensions is used up."""
    if source.extensions >= account.max_extensions:
        return 0
    return max(0, account.max_chain_seconds - source.clip_seconds)
