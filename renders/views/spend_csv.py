"""The ledger and its sums as CSV."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.http import HttpResponseBase
from django.views.decorators.http import require_safe

from renders import spending
from renders.views.spend import scope_of
from tenants.access import AgencyRequest, requires
from tenants.csv_export import csv_response

_LINES = (
    "booked at (UTC)",
    "client",
    "project",
    "brief",
    "take",
    "take id",
    "model",
    "size",
    "seconds",
    "mode",
    "by",
    "ledger account",
    "amount (USD)",
    "amount (micro-USD)",
    "transaction",
)
_SUMMARY = (
    "month",
    "client",
    "project",
    "takes",
    "charged (USD)",
    "approved (USD)",
    "failed, lost or expired (USD)",
    "not approved so far (USD)",
    "approved seconds",
    "charged per approved second (USD)",
)


def _file(request: AgencyRequest, what: str, kept: dict[str, str]) -> str:
    name = "-".join([what, request.agency.slug, *kept.values()])[:100]
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name) + ".csv"


@requires("spend.view")
@require_safe
def ledger_csv(request: AgencyRequest) -> HttpResponseBase:
    """Exactly the ledger's lines that fit the page's month and filters, oldest first."""
    scope, kept = scope_of(request)
    return csv_response(request.agency.pk, _file(request, "ledger", kept), _LINES, _line_cells(scope))


def _usd(microusd: int) -> Decimal:
    """US dollars with all six places."""
    return Decimal(microusd).scaleb(-6)


def _line_cells(scope: spending.Scope) -> Iterator[tuple[Any, ...]]:
    rows = scope.lines().select_related("render__brief__project__client", "render__created_by")
    for line in rows.order_by("posted_at", "pk").iterator(chunk_size=1000):
        take = line.render
        yield (
            line.posted_at.isoformat(),
            take.brief.project.client.name,
            take.brief.project.name,
            take.brief.title,
            take.take,
            take.public_id,
            take.model,
            take.size,
            take.seconds,
            take.mode,
            take.created_by.display_name,
            line.get_book_display(),
            _usd(line.amount_microusd),
            line.amount_microusd,
            line.key,
        )


@requires("spend.view")
@require_safe
def summary_csv(request: AgencyRequest) -> HttpResponseBase:
    """One row for each project, without single takes: what a client may be shown."""
    scope, kept = scope_of(request)
    return csv_response(
        request.agency.pk, _file(request, "summary", kept), _SUMMARY, _summary_cells(scope, kept["month"])
    )


def _summary_cells(scope: spending.Scope, month: str) -> Iterator[tuple[Any, ...]]:
    for row in spending.by("project", scope):
        client, project = row.names
        rate = row.per_approved_second
        yield (
            month,
            client,
            project,
            row.takes,
            *(_usd(amount) for amount in (row.charged, row.approved, row.failed, row.open)),
            row.approved_seconds,
            "" if rate is None else _usd(rate),
        )
