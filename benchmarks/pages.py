"""Pages with 10 and with 1,000 rows: statements, and time beside each other."""

import time
import uuid
from typing import Any

from benchmarks.harness import ROUNDS, Section, interleaved, p50, spread, verdict
from benchmarks.inside import Count, counted, database

FEW, MANY = 10, 1000
REPEATS = 5  # requests per round and page


class Agency:
    """One agency with so many briefs, takes in review, and comments on one of them."""

    def __init__(self, cast: Any, slug: str, rows: int) -> None:
        from tenants.actions.agencies import add_client, create_agency
        from tests.cast import browser

        self.rows, self.cast = rows, cast
        self.agency = create_agency(name=slug, slug=slug, by=cast.amara)
        self.browser = browser(cast.amara)
        self.browser.defaults["HTTP_HOST"] = "localhost"
        with cast.at(self.agency):
            self._fill(add_client(name="Acme", by=cast.amara))

    def _fill(self, client: Any) -> None:
        from renders.actions.briefs import create_project, save_brief
        from renders.actions.budgets import set_agency_budget
        from renders.actions.renders import submit_render

        by = self.cast.amara
        set_agency_budget(limit_microusd=10**12, by=by)
        project = create_project(client=client, name="Spring", by=by)
        renders = []
        for number in range(self.rows):
            brief = save_brief(
                project=project,
                title=f"Shot {number}",
                texts={"subject": f"A lighthouse {number}"},
                by=by,
                model="sora-2",
                size="720x1280",
                seconds=4,
            )
            renders.append(
                submit_render(brief=brief, submit_key=uuid.uuid4().hex, shown_microusd=400_000, by=by)
            )
        self._finish(renders)

    def _finish(self, renders: list[Any]) -> None:
        """As if all had been rendered, and the last were talked about."""
        from renders.models import Asset, Attempt, Render
        from reviews.actions.rounds import open_round
        from reviews.models import Comment
        from tests.walks import walk

        Attempt.objects.filter(render__in=renders).update(status="withdrawn", settled_microusd=0)
        walk(Render.objects.all(), "in_review", next_action_at=None)
        frames = {"frames": 120, "fps_num": 30, "fps_den": 1, "width": 720, "height": 1280}
        kinds = {"original": "video/mp4", "proxy": "video/mp4", "poster": "image/webp"}
        Asset.objects.bulk_create(
            Asset(
                render=r,
                kind=k,
                sha256=uuid.uuid4().hex * 2,
                size_bytes=1,
                storage_key="x",
                content_type=t,
                **frames,
            )
            for r in renders
            for k, t in kinds.items()
        )
        self.render = Render.objects.prefetch_related("assets").get(pk=renders[-1].pk)
        round_ = open_round(self.render, by=self.cast.amara)
        Comment.objects.bulk_create(
            Comment(
                round=round_,
                body=f"Comment {n}",
                author=self.cast.amara,
                frame_in=n % 120,
                visibility="shared",
                asset_sha256="0" * 64,
            )
            for n in range(self.rows)
        )

    def addresses(self) -> dict[str, str]:
        """Page to address."""
        top = f"/a/{self.agency.slug}"
        return {
            "home": f"{top}/",
            "queue": f"{top}/queue/",
            "review list": f"{top}/review/",
            "room": f"{top}/review/{self.render.public_id}",
            "briefs": f"{top}/briefs/",
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


def main() -> None:
    """Fill two agencies, and ask each for its pages in turns."""
    with database():
        from renders.actions.accounts import set_up_account
        from tests.cast import assemble

        set_up_account(
            slug="emulator", name="E", base_url="http://127.0.0.1:9/v1", api_key="x", webhook_secrets=[]
        )
        cast = assemble()
        few, many = Agency(cast, "few", FEW), Agency(cast, "many", MANY)
        section = Section(
            "pages",
            f"pages with {FEW} and with {MANY:,} rows",
            ("page", "statements", f"ms, {FEW} rows", f"ms, {MANY:,} rows", "ratio of medians", "flat"),
        )
        for page, address in few.addresses().items():
            _compare(section, page, few, address, many, many.addresses()[page])
        section.notes.append(
            f"Through Django's test client in one process, without a server in between; each figure is the quickest "
            f"of {REPEATS} requests, in {ROUNDS} rounds. The rows are takes in review, their briefs, and, for the room, "
            "comments on one take. A list shows at most 24 to 50 rows, so its time may grow that far; the room shows 60 "
            "threads and a link to the frame of each other one. A flat page asks the same number of statements whatever the number of rows."
        )
        section.write()


def _compare(section: Section, page: str, few: Agency, at_few: str, many: Agency, at_many: str) -> None:
    figures = interleaved({"few": lambda: few.get(at_few), "many": lambda: many.get(at_many)})
    counts = few.statements(at_few), many.statements(at_many)
    ratio = p50(figures["many"]) / p50(figures["few"])
    section.row(
        page,
        f"{counts[0]} → {counts[1]}",
        spread(figures["few"]),
        spread(figures["many"]),
        f"{ratio:.2f}",
        verdict(counts[1] <= counts[0]),
    )


if __name__ == "__main__":
    main()
