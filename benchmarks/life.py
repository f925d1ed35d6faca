"""One render from the submit to the approval: statements, commits, messages and calls to the provider, counted."""

import json
import os
import secrets
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ["BROKER_URL"] = "stub://"

from benchmarks.harness import Section, verdict
from benchmarks.inside import Count, counted, database


class Life:
    """Drives one take by the same requests and jobs as the running product, and counts each."""

    def __init__(self, emulator: Any) -> None:
        from tests.cast import assemble, browser

        self.emulator = emulator
        self.counts: dict[str, Count] = {}
        self.messages = 0
        self.cast = assemble()
        self.amara, self.bruno = browser(self.cast.amara), browser(self.cast.bruno)
        for client in (self.amara, self.bruno):
            client.defaults["HTTP_HOST"] = "localhost"
        self.project = self._furnish()

    def _furnish(self) -> Any:
        from renders.actions.accounts import set_up_account
        from renders.actions.briefs import create_project

        set_up_account(
            slug="emulator",
            name="Emulator",
            base_url=self.emulator.url,
            api_key=self.emulator.api_key,
            webhook_secrets=[self.emulator.webhook_secret],
            is_emulator=True,
        )
        with self.cast.at():
            return create_project(client=self.cast.acme, name="Spring", by=self.cast.amara)

    def stage(self, name: str, work: Callable[[], Any]) -> Any:
        """Do it, and count."""
        with counted(self.counts.setdefault(name, Count())):
            return work()

    def jobs(self) -> None:
        """Run what was rung for, each as a stage of its own."""
        import dramatiq

        from tests.jobs import Jobs

        while messages := Jobs()._messages(take=True):
            for message in messages:
                # Done now and then, whether anything is rendered or not.
                if message.actor_name in {"check_account", "compare", "chore", "keep_house"}:
                    continue
                self.messages += 1
                actor = dramatiq.get_broker().get_actor(message.actor_name)
                self.stage(f"job: {message.actor_name}", lambda a=actor, m=message: a.fn(*m.args))

    def live(self) -> None:
        """The whole way."""
        from renders.sweep import Sweep
        from reviews.actions.rounds import asset_hash

        render = self.stage("click on Submit", self._submit)
        self.jobs()
        video = self._finished(render)
        self.stage("webhook", lambda: self._webhook(video))
        self.jobs()
        time.sleep(1.2)  # the provider's copy is deleted a second after ours is safe
        self.stage("sweep, one round", Sweep().once)
        self.jobs()
        shown = asset_hash(self._row(render))
        self.stage("click on Approve", lambda: self._approve(render, shown))

    def _submit(self) -> Any:
        form = {
            "do": "submit",
            "title": "Lighthouse",
            "subject": "A lighthouse",
            "project": self.project.pk,
            "model": "sora-2",
            "size": "720x1280",
            "seconds": 4,
            "submit_key": uuid.uuid4().hex,
            "shown_microusd": 400_000,
        }
        answer = self.amara.post(f"/a/{self.cast.northlight.slug}/briefs/new", form)
        assert answer.status_code == 302, answer.content.decode()
        return answer.headers["location"].rpartition("/")[2]

    def _row(self, public_id: str) -> Any:
        from renders.models import Render
        from tenants.public_ids import decode

        with self.cast.at():
            return Render.objects.prefetch_related("assets", "attempts").get(pk=decode("rnd", public_id))

    def _finished(self, public_id: str) -> str:
        """The provider's id, once the provider is done."""
        import httpx

        video = self._row(public_id).attempts.all()[0].provider_video_id
        headers = {"Authorization": f"Bearer {self.emulator.api_key}", "User-Agent": "benchmark"}
        while (
            httpx.get(f"{self.emulator.url}/videos/{video}", headers=headers).json()["status"] != "completed"
        ):
            time.sleep(0.1)
        return str(video)

    def _webhook(self, video: str) -> None:
        from standardwebhooks.webhooks import Webhook

        body, number, now = (
            json.dumps({"type": "video.completed", "data": {"id": video}}),
            "evt_1",
            datetime.now(UTC),
        )
        signature = Webhook(self.emulator.webhook_secret).sign(number, now, body)
        headers = {
            "webhook-id": number,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        address, kind = "/hooks/videos/emulator/", "application/json"
        answer = self.amara.post(address, body, content_type=kind, headers=headers)
        assert answer.status_code == 204, answer.content

    def _approve(self, public_id: str, shown: str) -> None:
        form = {
            "verdict": "approved",
            "note": "",
            "asset_sha256": shown,
            "form_key": secrets.token_urlsafe(16),
        }
        answer = self.bruno.post(f"/a/{self.cast.northlight.slug}/review/{public_id}/decide", form)
        assert answer.status_code == 302, answer.content.decode()[-3000:]


def calls(emulator: Any) -> Counter[str]:
    """What the product sent to the provider."""
    seen = emulator.control.get("/requests").json()["requests"]
    ours = [one for one in seen if one["headers"].get("user-agent", "").startswith("dailies")]
    return Counter(one["operation"] or f"{one['method']} {one['path']}" for one in ours)


def main() -> None:
    """Live one life, and tell."""
    with database():
        from tests import emulated

        emulator = emulated.start(Path(os.environ["DATA_DIR"]))
        try:
            life = Life(emulator)
            life.live()
            _tell(life, calls(emulator))
        finally:
            emulated.stop(emulator)


def _tell(life: Life, sent: Counter[str]) -> None:
    section = Section(
        "life", "one render from the submit to the approval, counted", ("stage", "statements", "commits")
    )
    for name, count in life.counts.items():
        section.row(name, count.statements, count.commits)
    statements = sum(count.statements for count in life.counts.values())
    commits = sum(count.commits for count in life.counts.values())
    section.row(
        "**all of it**",
        f"{statements}; goal ≤ 60: {verdict(statements <= 60)}",
        f"{commits}; goal ≤ 15: {verdict(commits <= 15)}",
    )
    total = sum(sent.values())
    told = ", ".join(f"{name} {number}" for name, number in sorted(sent.items()))
    section.notes.append(
        f"Calls to the provider: {total} ({told}); goal ≤ 6 and no poll but the one that a webhook asks for: "
        f"{verdict(total <= 6)}. Messages: {life.messages}; on the default broker each costs three statements and "
        "three commits more (send, take, acknowledge). Savepoints and the settings that open an agency's rows count as "
        "statements; sign-in is not part of it."
    )
    section.write()


if __name__ == "__main__":
    main()
