"""What a volume or a job would cost. The plan lives in the address, so that it can be sent to somebody."""

from django.http import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from renders import pricing, spending
from renders.models import PriceRow, ProviderAccount
from renders.planner_form import JobForm, PlanForm, VolumeForm
from tenants.access import AgencyRequest, requires

_FORMS: dict[str, type[PlanForm]] = {"volume": VolumeForm, "job": JobForm}


def _prices() -> list[PriceRow]:
    """Today's rows of the account that takes new work; of two that overlap the newer one counts."""
    account = ProviderAccount.objects.for_new_renders()
    if account is None:
        return []
    return list(account.prices.on(pricing.today()).order_by("microusd_per_second", "-size", "valid_from"))


@requires("spend.view")
@require_safe
def planner(request: AgencyRequest) -> HttpResponseBase:
    """One of two plans; without numbers in the address it shows an example, ready to be changed."""
    which = request.GET.get("plan", "volume")
    which = which if which in _FORMS else "volume"
    rows = _prices()
    empty = _FORMS[which](rows=rows)
    example = {name: empty.get_initial_for_field(field, name) for name, field in empty.fields.items()}
    typed = {name: request.GET[name] for name in empty.fields if name in request.GET}
    form = _FORMS[which]({**example, **typed}, rows=rows)
    is_valid = bool(rows) and form.is_valid()
    tabs = {"volume": _("A steady volume"), "job": _("A job with candidates")}
    context = {
        "which": which,
        "tabs": [
            {"label": label, "url": f"?plan={key}", "is_current": key == which} for key, label in tabs.items()
        ],
        "form": form,
        "has_prices": bool(rows),
        "plan": form.plan() if is_valid else None,
        "prices_from": spending.oldest_price_check(),
    }
    status = 422 if rows and not is_valid else 200
    return TemplateResponse(request, "renders/planner.html", context, status=status)
