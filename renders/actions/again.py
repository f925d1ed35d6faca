"""A take once more: where it would go today, what it costs there, and the new take."""

from dataclasses import dataclass

from renders import casting, pricing, wishes
from renders.actions.renders import account_for_new_renders, refuse_when_ended, submit_render
from renders.models import Brief, ProviderAccount, Render
from tenants.models import User


@dataclass(frozen=True)
class Again:
    """What one more take of the same costs today. `account`: the one that takes new work, whichever had the first."""

    render: Render
    account: ProviderAccount
    microusd: int

    @property
    def is_elsewhere(self) -> bool:
        """Whether another account gets it than the one that the take was sent to."""
        return self.account.pk != self.render.account_id

    @property
    def has_other_price(self) -> bool:
        """Whether it costs more or less than the take did."""
        return self.microusd != self.render.quoted_microusd


def look_again(render: Render) -> Again:
    """Where regenerate() would send it, and the price there; what it would refuse of the settings is refused here.

    Raises renders.CannotSubmit, pricing.IllegalChoice, pricing.NoPrice, wishes.CannotDerive.
    """
    wish = wishes.same_again(render)
    rated = pricing.with_rate(ProviderAccount.objects.all(), model=wish.model, size=wish.size, mode=wish.mode)
    account = account_for_new_renders(rated)
    refuse_when_ended(account)
    wishes.check(account, wish)
    return Again(render, account, pricing.rated_microusd(account, **wish.choice()))


def regenerate(*, render: Render, submit_key: str, shown_microusd: int, by: User) -> Render:
    """The same brief version's settings once more, as a new take. Raises what submit_render raises."""
    return submit_render(
        brief=_as_version(render),
        submit_key=submit_key,
        shown_microusd=shown_microusd,
        by=by,
        wish=wishes.same_again(render),
        characters=casting.of_version(render.brief_version),
    )


def _as_version(render: Render) -> Brief:
    """The take's brief with the texts and settings that it was made with; not to be saved."""
    brief = render.brief
    for name, value in render.brief_version.texts().items():
        setattr(brief, name, value)
    brief.model, brief.size, brief.seconds = render.model, render.size, render.seconds
    brief.picture = render.brief_version.picture
    return brief
