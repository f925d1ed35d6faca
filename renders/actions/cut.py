"""Make a character's source clip out of a take that the client has signed off."""

from django.utils.translation import gettext as _

from characters import rules
from characters.actions.clips import take_clip
from characters.models import Character, Clip
from renders.models import AssetKind, Render
from renders.states import State
from tenants.errors import Refused
from tenants.models import User


class CannotUseTake(Refused):
    """This take gives no clip."""


def cut_from_take(*, character: Character, render: Render, choice: rules.Choice, by: User) -> Clip:
    """A piece of the take's original, as the character's clip. Raises CannotUseTake, characters' BadClip."""
    if render.state != State.DELIVERABLE:
        raise CannotUseTake(_("Only an approved take can become a character."))
    original = render.asset(AssetKind.ORIGINAL)
    if original is None:
        raise CannotUseTake(_("The files of this take were deleted."))
    return take_clip(
        character=character,
        storage_key=original.storage_key,
        came_from=render.public_id,
        choice=choice,
        by=by,
    )
