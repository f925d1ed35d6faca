"""An agency's choice within the bounds of the retention policy."""

from django.db import transaction

from tenants import audit
from tenants.errors import Refused
from tenants.models import Agency, RetentionChoice, User
from tenants.retention import policy, run


class CannotChoose(Refused):
    """Nothing was changed."""


def check_period(rule: policy.Rule, period: int) -> None:
    """Raises CannotChoose outside the policy's bounds."""
    if not rule.is_agencys:
        raise CannotChoose("This rule is the same for every agency.")
    if not rule.min <= period <= rule.max:
        raise CannotChoose(
            f"Choose between {rule.words(rule.min)} and {rule.words(rule.max)}; {period} is outside."
        )


@transaction.atomic
def choose(*, agency: Agency, rule: policy.Rule, period: int, is_on: bool, shown: int, by: User) -> None:
    """Set a rule's period and switch it on or off. `shown`: how many rows the dry run said would go now.

    Raises CannotChoose outside the bounds, and when something else would go by now: nobody switches on blindly.
    """
    check_period(rule, period)
    wanted = policy.Held(rule, period, is_on, is_own=True)
    if is_on and rule.is_executed:
        count = run.due(wanted).count()
        if count != shown:
            raise CannotChoose(
                f"By now {count} would go, and the page showed {shown}. Look at the list again, then switch it on."
            )
    before = policy.holds(rule.name)
    RetentionChoice.objects.update_or_create(
        rule=rule.name, defaults={"period": period, "is_on": is_on, "changed_by": by}
    )
    audit.record(
        "retention.chosen",
        by=by,
        on=agency,
        rule=rule.name,
        was=[before.period, before.is_on],
        now=[period, is_on],
    )
