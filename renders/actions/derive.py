"""Make a new take from the clip of another: remix, edit, extend, or the final version of a draft."""

from renders import casting, pricing, versions, wishes
from renders.actions.pictures import fitted
from renders.actions.renders import CannotSubmit, submit_render
from renders.models import ProviderAccount, Render
from renders.states import Kind, State
from renders.wishes import Wish
from tenants.errors import Refused
from tenants.models import User

# Approved inside at least: nobody pays the dearer tier for a candidate that nobody chose.
CHOSEN = frozenset({State.CLIENT_REVIEW, State.DELIVERABLE})


class CannotPromote(Refused):
    """A take has no final version yet; the text is the disabled button's reason."""


def wish_for(source: Render, kind: Kind, *, seconds: int = 0) -> Wish:
    """What making this from the take asks for. `seconds`: of an extension."""
    match kind:
        case Kind.REMIX:
            return wishes.remix(source)
        case Kind.EDIT:
            return wishes.edit(source)
        case Kind.EXTEND:
            return wishes.extend(source, seconds)
    raise ValueError(f"{kind} does not start from a clip.")


def derive_render(
    *,
    source: Render,
    kind: Kind,
    prompt: str,
    submit_key: str,
    shown_microusd: int,
    by: User,
    seconds: int = 0,
    count: int = 1,
) -> Render:
    """A remix, an edit or an extension of a take's clip, with a prompt of its own.

    Raises CannotSubmit for an empty prompt, and what submit_render raises.
    """
    if not prompt.strip():
        raise CannotSubmit("Say what is to be different: the prompt is empty.", field="prompt")
    return submit_render(
        brief=versions.with_prompt(source.brief, prompt),
        submit_key=submit_key,
        shown_microusd=shown_microusd,
        by=by,
        wish=wish_for(source, kind, seconds=seconds),
        # Whoever is in the clip is in what is made from it: their rights go along.
        characters=casting.of_version(source.brief_version),
        count=count,
    )


def check_can_promote(source: Render) -> None:
    """Raises CannotPromote."""
    if source.kind != Kind.CREATE:
        raise CannotPromote(
            "A final take is made from a brief. This one was made from another clip: promote the take that it came from."
        )
    if source.is_taken_down:
        raise CannotPromote("The platform took this clip down, so nothing is made from it.")
    if source.is_final:
        raise CannotPromote("This is the final version already.")
    if source.state not in CHOSEN:
        raise CannotPromote("Approve it in its review first: only a chosen take is rendered again for more.")


def promote_render(
    *, source: Render, model: str, size: str, submit_key: str, shown_microusd: int, by: User
) -> Render:
    """The same brief version and characters once more with a dearer model or a larger picture, as the final take.

    Its opening image is cut anew from the original where the size is another one. Raises CannotPromote,
    storage.StorageFailed, and what submit_render raises.
    """
    check_can_promote(source)
    brief = source.brief
    for name, value in source.brief_version.texts().items():
        setattr(brief, name, value)
    brief.model, brief.size, brief.seconds = model, size, source.seconds
    brief.picture = source.brief_version.picture
    brief.picture = fitted(brief, size=size, by=by)
    return submit_render(
        brief=brief,
        submit_key=submit_key,
        shown_microusd=shown_microusd,
        by=by,
        wish=wishes.new_clip(model=model, size=size, seconds=source.seconds, parent=source, is_final=True),
        characters=casting.of_version(source.brief_version),
    )


def finals(source: Render, account: ProviderAccount) -> list[tuple[str, str, str, int]]:
    """(model, its label, size, price in micro-dollars) of every choice of the same shape that costs more than the draft."""
    found: list[tuple[str, str, str, int]] = []
    is_wide = source.width > source.height
    for offer in pricing.choosable(account):
        for size in offer.sizes:
            width, _x, height = size.partition("x")
            if (int(width) > int(height)) != is_wide or source.seconds not in offer.seconds:
                continue
            try:
                quote = pricing.quote(account, model=offer.model, size=size, seconds=source.seconds)
            except pricing.NoPrice:
                continue
            if quote.row.microusd_per_second > source.microusd_per_second:
                found.append((offer.model, offer.label, size, quote.microusd))
    return sorted(found, key=lambda choice: choice[3])
