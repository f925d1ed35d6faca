"""Where this app keeps a member's name besides the account."""

from characters.models import Clip
from tenants.actions.erasure import also_erases
from tenants.models import User

# A constraint wants an attestation to bear a name; this is what stands there when it was erased.
ERASED = "–"


@also_erases
def erase_attestations(user: User) -> None:
    """That somebody attested, and when, stays; the name goes."""
    Clip.objects.filter(attested_by=user).update(attested_name=ERASED)
