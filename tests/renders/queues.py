"""Long queues of several agencies: rows only, copied from one that was really submitted."""

import uuid
from typing import Any

from django.utils import timezone

from renders import pricing
from renders.actions.briefs import create_project, save_brief
from renders.actions.budgets import set_agency_budget
from renders.actions.renders import submit_render
from renders.models import Attempt, ProviderAccount, Render
from tenants.actions.agencies import add_client, create_agency
from tenants.models import Agency, Client
from tenants.scope import org_transaction
from tests.cast import Cast


def agency(cast: Cast, name: str, *, weight: int = 1) -> Agency:
    """One more, with money."""
    made = create_agency(name=name, slug=name.lower(), by=cast.dmitri)
    with org_transaction(made.pk):
        Agency.objects.filter(pk=made.pk).update(dispatch_weight=weight)
    made.dispatch_weight = weight
    return made


def client(cast: Cast, of: Agency, name: str) -> Client:
    with org_transaction(of.pk):
        set_agency_budget(limit_microusd=10**12, by=cast.amara)
        return add_client(name=name, by=cast.amara)


def queue_up(
    cast: Cast, account: ProviderAccount, of: Client, count: int = 1, **changes: Any
) -> list[Render]:
    """Queued takes of a client: the first one is submitted, the others are copies of its row and attempt."""
    with org_transaction(of.org_id):
        project = create_project(client=of, name=f"Spring {uuid.uuid4().hex[:6]}", by=cast.amara)
        brief = save_brief(
            project=project,
            title="Boats",
            texts={"subject": f"A small boat {uuid.uuid4().hex}"},
            by=cast.amara,
            model="sora-2",
            size="720x1280",
            seconds=4,
        )
        price = pricing.quote(account, model=brief.model, size=brief.size, seconds=brief.seconds)
        first = submit_render(
            brief=brief, submit_key=uuid.uuid4().hex, shown_microusd=price.microusd, by=cast.amara
        )
        rows, now = [first], timezone.now()
        for number in range(2, count + 1):
            row = Render.objects.get(pk=first.pk) if number == 2 else rows[-1]
            fields = {f.attname: getattr(row, f.attname) for f in Render._meta.concrete_fields}
            fields |= {
                "id": uuid.uuid4(),
                "take": number,
                "submit_key": uuid.uuid4().hex,
                "next_action_at": now,
            }
            rows.append(Render(**fields | changes))
        Render.objects.bulk_create(rows[1:])
        Attempt.objects.bulk_create(
            Attempt(
                render=row,
                number=1,
                account=account,
                reserved_microusd=price.microusd,
                reserved_on=now.date(),
            )
            for row in rows[1:]
        )
    return rows


def unqueue(render_id: Any, org_id: Any) -> None:
    """As if it were sent."""
    with org_transaction(org_id):
        Render.objects.filter(pk=render_id).update(state="cancelled", next_action_at=None)
