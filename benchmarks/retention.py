"""Dry run and audit page with few rows and many; content credentials of one clip."""

import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.harness import ROUNDS, Section, interleaved, p50, spread, verdict
from benchmarks.inside import Count, counted, database

FEW, MANY = 1_000, 100_000
REPEATS = 3


class Agency:
    """An agency with so many rejected takes past their period, and so many events in its trail."""

    def __init__(self, cast: Any, slug: str, rows: int) -> None:
        from django.db import connection

        from tenants.actions.agencies import create_agency
        from tenants.scope import org_transaction
        from tests.cast import browser
        from tests.owner import as_owner

        self.agency = create_agency(name=slug.title(), slug=slug, by=cast.amara)
        self.browser, self.rows = browser(cast.amara), rows
        self.browser.defaults["HTTP_HOST"] = "localhost"
        with org_transaction(self.agency.pk):
            first = self._takes(cast)
        # A reference's check keeps the plan that it made for an empty table, until the session ends.
        connection.close()
        as_owner("ANALYZE")
        with org_transaction(self.agency.pk):
            self._files(first)
            self._events()
        connection.close()

    def _takes(self, cast: Any) -> Any:
        from django.db import connection

        from renders.models import Render
        from tenants.actions.agencies import add_client
        from tests import factories

        client = add_client(name="Acme", by=cast.amara)
        kept, cast.acme = cast.acme, client
        brief = factories.brief(cast)
        first = factories.take(cast, "rejected", brief=brief)
        cast.acme = kept
        columns = [
            f.column
            for f in Render._meta.local_fields
            if f.column not in {"id", "take", "submit_key", "state_at"}
        ]
        listed = ", ".join(f'"{name}"' for name in columns)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO renders_render (id, take, submit_key, state_at, {listed}) "
                f"SELECT gen_random_uuid(), n + 1, md5(n::text), now() - interval '1 year' - n * interval '1 second', "
                f"{listed} FROM renders_render, generate_series(1, %s) AS n WHERE renders_render.id = %s",
                [self.rows - 1, first.pk],
            )
        return first

    def _files(self, first: Any) -> None:
        from django.db import connection

        from renders.models import Asset

        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO renders_asset (id, org_id, render_id, kind, sha256, size_bytes, storage_key, content_type, "
                "frames, fps_num, fps_den, details, created_at, state) "
                "SELECT gen_random_uuid(), org_id, id, 'original', md5(id::text) || md5(id::text), 1, id::text, "
                "'video/mp4', 1, 30, 1, '{}', now(), 'stored' FROM renders_render r "
                "WHERE r.id <> %s AND r.brief_id = %s",
                [first.pk, first.brief_id],
            )
        assert Asset.objects.filter(kind="original").count() == self.rows

    def _events(self) -> None:
        from django.utils import timezone

        from tenants import audit
        from tenants.models import AuditEvent

        last = AuditEvent.objects.order_by("-seq").values_list("seq", "hash").first()
        seq, prev = last or (0, audit.GENESIS)
        now, rows = timezone.now(), []
        for number in range(seq + 1, self.rows + 1):
            content = audit._content(
                number, now, "system:bench", "bench.done", f"rnd_{number % 500}", {"n": number}
            )
            link = audit.chain_hash(prev, content)
            del content["at"]
            rows.append(AuditEvent(**content, happened_at=now, prev_hash=prev, hash=link))
            prev = link
        AuditEvent.objects.bulk_create(rows, batch_size=5_000)

    def addresses(self) -> dict[str, str]:
        """Page to address."""
        top = f"/a/{self.agency.slug}"
        return {
            "dry run of a rule": f"{top}/retention/rules/rejected_takes",
            "schedule": f"{top}/retention/",
            "audit": f"{top}/audit/",
            "audit, one id": f"{top}/audit/?subject=rnd_7",
            "audit, one person": f"{top}/audit/?who=system",
        }

    def get(self, address: str) -> float:
        """Milliseconds of the quickest of a few requests."""
        times = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            answer = self.browser.get(address)
            times.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, answer.status_code
        return min(times)

    def statements(self, address: str) -> int:
        """How many one request takes."""
        count = Count()
        with counted(count):
            self.browser.get(address)
        return count.statements

    def verify(self) -> float:
        """Seconds for a walk through the whole trail."""
        from tenants import trail

        began = time.perf_counter()
        assert not trail.verify(self.agency.pk).problem
        return time.perf_counter() - began


def _credentials(section: Section) -> None:
    """The library alone, and as the product asks: in a limited subprocess."""
    from renders.emulator.media.credentials import prepare, sign
    from tenants.media import run as media
    from tenants.media.credentials import credentials
    from tests.player.clip import write_clip

    with tempfile.TemporaryDirectory() as folder:
        clip, place = Path(folder) / "clip.mp4", prepare(Path(folder) / "certificate")
        write_clip(clip, frames=240, rate=30)

        def timed(call: Any) -> float:
            began = time.perf_counter()
            call()
            return (time.perf_counter() - began) * 1000

        def resign() -> None:
            sign(clip, place, "A clip")

        resign()
        figures = interleaved(
            {
                "sign": lambda: timed(resign),
                "verify": lambda: timed(lambda: credentials(clip, place / "ca.pem")),
                "ask": lambda: timed(lambda: media.credentials(clip)),
            }
        )
    for name, what in (
        ("sign", "emulator signs a clip"),
        ("verify", "library verifies it"),
        ("ask", "product asks its subprocess"),
    ):
        section.row(what, "–", spread(figures[name]), "–", "–", "–")


def main() -> None:
    """Fill two agencies, ask each for its pages in turns, then look at clips."""
    with database():
        from renders.actions.accounts import set_up_account
        from tests.cast import assemble
        from tests.owner import as_owner

        set_up_account(
            slug="nobody", name="N", base_url="http://127.0.0.1:9/v1", api_key="x", webhook_secrets=[]
        )
        cast = assemble()
        few, many = Agency(cast, "few", FEW), Agency(cast, "many", MANY)
        as_owner("ANALYZE")
        section = Section(
            "retention",
            f"retention and audit with {FEW:,} and {MANY:,} rows; content credentials of a clip",
            (
                "what",
                "statements",
                f"ms, {FEW:,} rows",
                f"ms, {MANY:,} rows",
                "ratio of medians",
                "flat, ≤ 10 SQL",
            ),
        )
        for page, address in few.addresses().items():
            other = many.addresses()[page]
            figures = interleaved({"few": lambda a=address: few.get(a), "many": lambda a=other: many.get(a)})
            counts = few.statements(address), many.statements(other)
            section.row(
                page,
                f"{counts[0]} → {counts[1]}",
                spread(figures["few"]),
                spread(figures["many"]),
                f"{p50(figures['many']) / p50(figures['few']):.2f}",
                verdict(counts[0] == counts[1] <= 10),
            )
        walks = interleaved({"few": few.verify, "many": many.verify})
        ms = {name: [value * 1000 for value in values] for name, values in walks.items()}
        section.row(
            "walk through the whole trail",
            "–",
            spread(ms["few"]),
            spread(ms["many"]),
            f"{p50(ms['many']) / p50(ms['few']):.1f}",
            "–",
        )
        _credentials(section)
        section.notes.append(
            f"Through Django's test client in one process; each figure is the quickest of {REPEATS} requests, in {ROUNDS} "
            "rounds. A dry run counts what would go, so its time may grow with it; the list shows 30 of them. The walk "
            "computes every hash, as the worker does each half hour."
        )
        section.write()


if __name__ == "__main__":
    main()
