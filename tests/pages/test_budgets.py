"""Budgets of the agency, a client and a project, set in the browser."""

import pytest
from django.urls import reverse

from renders.actions.budgets import set_budget
from renders.ledger import current_month
from renders.models import Budget, BudgetPeriod
from tenants.models import AuditEvent
from tests import factories
from tests.cast import browser

pytestmark = pytest.mark.django_db(transaction=True)


def _post(cast, client, user, **values):
    client.force_login(user)
    return client.post(reverse("renders:set-budget", args=[cast.northlight.slug]), values)


def test_owner_sets_a_budget_of_one_client_and_it_is_listed(cast, client):
    answer = _post(cast, client, cast.amara, target=f"client-{cast.acme.pk}", period="total", limit="12.50")
    assert answer.status_code == 302
    with cast.at():
        budget = Budget.objects.get(client=cast.acme)
    assert (budget.period, budget.limit_microusd) == ("total", 12_500_000)
    assert "$12.50" in client.get(answer.url).content.decode()


def test_owner_types_a_target_that_is_not_theirs_and_gets_422_with_the_limit_kept(cast, client):
    answer = _post(cast, client, cast.amara, target="client-999999", period="month", limit="77.70")
    assert answer.status_code == 422
    assert "77.70" in answer.content.decode()


def test_reviewer_without_the_permission_sets_no_budget(cast, client):
    assert _post(cast, client, cast.bruno, period="month", limit="1").status_code == 403
    with cast.at():
        assert Budget.objects.get().limit_microusd != 1_000_000


def test_outsider_finds_no_budgets_here(cast, client):
    assert _post(cast, client, cast.dmitri, period="month", limit="1").status_code == 404


@pytest.fixture
def acmes(cast):
    with cast.at():
        return set_budget(limit_microusd=5_000_000, by=cast.amara, client=cast.acme)


def _removal(cast, budget):
    return reverse("renders:budget-remove", args=[cast.northlight.slug, budget.pk])


def test_fay_of_finance_removes_a_clients_budget_after_being_asked_and_it_is_written_down(cast, acmes):
    fay, url = browser(cast.fay), _removal(cast, acmes)
    assert url in fay.get(reverse("renders:spend", args=["northlight"])).content.decode()
    asked = fay.get(url).content.decode()
    assert "Remove this budget?" in asked
    assert "$5.00 per month" in asked
    with cast.at():
        assert Budget.objects.in_force().filter(pk=acmes.pk).exists(), "a look removes nothing"
    page = fay.post(url, follow=True).content.decode()
    assert "The budget is removed" in page
    assert url not in page
    fay.post(url)
    with cast.at():
        assert not Budget.objects.in_force().filter(pk=acmes.pk).exists()
        event = AuditEvent.objects.get(action="budget.removed")
        assert event.data["limit_microusd"] == 5_000_000


def test_nobody_removes_the_agencys_own_budget(cast, client):
    with cast.at():
        own = Budget.objects.get(client=None, project=None)
    amara, url = browser(cast.amara), _removal(cast, own)
    assert url not in amara.get(reverse("renders:spend", args=["northlight"])).content.decode()
    assert amara.post(url).status_code == 404
    with cast.at():
        assert Budget.objects.in_force().filter(pk=own.pk).exists()


def test_only_owner_and_finance_remove_budgets(cast, acmes):
    url = _removal(cast, acmes)
    assert browser(cast.bruno).post(url).status_code == 403
    assert browser(cast.vera).get(url).status_code == 403
    assert browser(cast.dmitri).post(url).status_code == 404
    assert browser(cast.dmitri).post(url.replace("northlight", "rivalry")).status_code == 404
    with cast.at():
        assert Budget.objects.in_force().filter(pk=acmes.pk).exists()


@pytest.mark.parametrize(
    ("used", "words"),
    [
        (499, None),
        (500, "over 50 % used"),
        (800, "over 80 % used"),
        (1000, "100 % used: new takes are refused"),
    ],
)
def test_home_tells_owner_and_finance_which_budgets_run_out(cast, acmes, used, words):
    with cast.at():
        period = BudgetPeriod.objects.create(budget=acmes, starts_on=current_month())
        half = used * 2_500
        BudgetPeriod.objects.filter(pk=period.pk).update(posted_microusd=half, reserved_microusd=half)
        factories.take(cast, "in_review")
    home = reverse("reviews:home", args=["northlight"])
    for person in (cast.fay, cast.amara):
        page = browser(person).get(home).content.decode()
        assert ("Budgets to watch" in page) == bool(words)
        if words:
            assert words in page
            assert f"of $5.00 per month is spent or set aside ({used // 10} %)" in page
    assert "Budgets to watch" not in browser(cast.bruno).get(home).content.decode()
    with cast.at():
        set_budget(limit_microusd=10**9, by=cast.amara, client=cast.acme)
    assert "Budgets to watch" not in browser(cast.fay).get(home).content.decode()
