"""`manage.py verify_audit`: are the chains of every agency whole? Also against the heads outside the database."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reviews.actions.decisions import first_break
from reviews.models import Decision
from tenants import trail
from tenants.errors import StorageFailed
from tenants.models import Agency, AuditEvent
from tenants.public_ids import encode
from tenants.scope import org_transaction, platform_transaction


class Command(BaseCommand):
    help = "Walk the audit trail and the decisions: edits, removals, changes of order, and what was cut off."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--agency", default="", help="the slug of one agency; default: all")
        parser.add_argument("--export", action="store_true", help="export a signed head of each whole trail")

    def handle(self, *args: Any, agency: str, export: bool, **options: Any) -> None:
        with platform_transaction("audit: agencies to verify"):
            rows = Agency.objects.order_by("slug").values_list("pk", "slug")
            agencies = list(rows.filter(slug=agency) if agency else rows)
        if agency and not agencies:
            raise CommandError(f"There is no agency with the slug {agency!r}.")
        broken = [slug for org_id, slug in agencies if not self._look(org_id, slug, export=export)]
        if broken:
            raise CommandError(f"Broken: {', '.join(broken)}.")

    def _look(self, org_id: UUID, slug: str, *, export: bool) -> bool:
        try:
            found = trail.verify(org_id, every_head=True)
            problem = found.problem or decisions_problem(org_id)
            if export and not problem:
                trail.export_head(org_id)
        except StorageFailed as error:
            self.stderr.write(f"{slug}: the exported heads cannot be read. {error}")
            return False
        if problem:
            self.stderr.write(f"{slug}: {problem}")
            return False
        head = f"compared with {found.heads} heads" if found.heads else "no head was exported yet"
        self.stdout.write(f"{slug}: {found.count} events, whole and in order; {head}.")
        return True


def decisions_problem(org_id: UUID) -> str:
    """What is wrong with an agency's decisions; empty when nothing is. The trail names each decision that was taken."""
    with org_transaction(org_id):
        rows = Decision.objects.select_related("words").order_by("seq")
        broken = first_break(rows.iterator(chunk_size=2000))
        if broken is not None:
            return broken.problem
        there = {encode(Decision.prefix, pk) for pk in Decision.objects.values_list("pk", flat=True)}
        taken = AuditEvent.objects.filter(action="decision.taken").values_list("subject", flat=True)
        missing = next((subject for subject in taken.iterator() if subject not in there), None)
    return f"the trail speaks of {missing}, which is not there any more" if missing else ""
