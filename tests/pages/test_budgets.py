"""Budgets of the agency, a client and a project, set in the browser."""

import pytest
from django.urls import reverse

from renders.models import Budget

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
