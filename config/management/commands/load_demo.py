"""Load the demo: what people wrote at once, what happens to their clips as these are rendered."""

import os
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo import cast, characters, longer
from config.demo.endings import asked
from config.demo.fates import fulfil
from config.demo.refusals import REFUSED, refuse
from config.demo.reserve import set_up_reserve
from config.demo.script import NORTHLIGHT, RIVALRY, Shot
from config.up.plan import EMULATOR_SLUG
from renders import pricing
from renders.actions.accounts import set_up_account
from renders.actions.briefs import create_project, save_brief
from renders.actions.renders import CannotCancel, account_for_new_renders, cancel_render, submit_render
from renders.models import Brief, Project, Render
from renders.states import REVIEWABLE, WORKING
from tenants.actions.agencies import add_client
from tenants.models import Client, User
from tenants.roles import Role
from tenants.scope import org_transaction
from tenants.second_factor import enrol_with_demo_secret

log = structlog.get_logger(__name__)

PATIENCE = timedelta(minutes=15)


class Command(BaseCommand):
    help = "Load the demo data. Safe to repeat: what is there is kept."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LAPTOP:
            raise CommandError("The demo has well-known passwords, so it loads with LAPTOP=1 only.")
        self._account()
        amara = cast.person("amara@northlight.test", "Amara Diallo")
        bruno = cast.person("bruno@northlight.test", "Bruno Keller")
        dmitri = cast.person("dmitri@rivalry.test", "Dmitri Volkov")
        vera = cast.person("vera@northlight.test", "Vera Tan")
        for email, name in (("sol@dailies.test", "Sol Reyes"), ("noor@dailies.test", "Noor Haddad")):
            enrol_with_demo_secret(cast.person(email, name, is_staff=True))
        northlight = cast.agency("northlight", "Northlight", 262, amara)
        rivalry = cast.agency("rivalry", "Rivalry", 20, dmitri)
        with org_transaction(northlight.pk):
            cast.member(bruno, Role.REVIEWER)
            cast.member(cast.person("fay@northlight.test", "Fay Lindqvist"), Role.FINANCE)
            cast.member(vera, Role.VIEWER)
        with org_transaction(rivalry.pk):
            cast.member(vera, Role.VIEWER)
        takes = self._write(northlight.pk, tuple(shot for shot in NORTHLIGHT if not shot.character), amara)
        with org_transaction(northlight.pk):
            cast.narrow_budgets("Acme", "Spring launch", amara)
        with org_transaction(northlight.pk):
            longer.load(Project.objects.get(name="Winter blend"), amara)
        noor = cast.person("noor@dailies.test", "Noor Haddad", is_staff=True)
        for shot in REFUSED:
            with org_transaction(northlight.pk):
                refuse(self._brief(shot, amara), shot.fate, amara, noor)
        self._write(rivalry.pk, RIVALRY, dmitri)
        characters.load(northlight.pk, characters.NORTHLIGHT, amara, bruno)
        characters.load(rivalry.pk, characters.RIVALRY, dmitri, None)
        takes += self._write(northlight.pk, tuple(shot for shot in NORTHLIGHT if shot.character), amara)
        log.info("demo_written", takes=len(takes))
        self._fulfil(northlight.pk, takes, amara, bruno)
        (settings.DATA_DIR / "demo.loaded").touch()
        log.info("demo_complete")

    def _account(self) -> None:
        """The emulator as a provider account, and the faults that the story needs."""
        set_up_account(
            slug=EMULATOR_SLUG,
            name="Emulator on this machine",
            base_url=os.environ.get("EMULATOR_URL", "http://127.0.0.1:8002/v1"),
            api_key=os.environ.get("EMULATOR_API_KEY", "sk-emulator"),
            webhook_secrets=[secret] if (secret := os.environ.get("EMULATOR_WEBHOOK_SECRET")) else [],
            is_emulator=True,
            max_in_flight=4,
            list_grace_seconds=20,
            keeps_copy_seconds=3600,
        )
        set_up_reserve(
            os.environ.get("EMULATOR_URL", "http://127.0.0.1:8002/v1"),
            os.environ.get("EMULATOR_API_KEY", "sk-emulator"),
        )
        control = os.environ.get("EMULATOR_CONTROL_URL")
        if control:
            faults = [
                {
                    "kind": "moderation_block",
                    "operation": "create",
                    "prompt": "enamel tea tins",
                    "count": 1,
                },
                {"kind": "credentials", "operation": "create", "prompt": "ribbon of fog", "count": 1},
            ]
            try:
                httpx.post(f"{control}/faults", json={"faults": faults}, timeout=5).raise_for_status()
            except httpx.HTTPError as error:
                log.warning("demo_without_refusal", error=str(error))

    def _write(self, org_id: UUID, shots: tuple[Shot, ...], by: User) -> list[tuple[UUID, str]]:
        """Briefs, and their submits. Returns (render's id, fate)."""
        takes = []
        for shot in shots:
            who = characters.wait_until_known(org_id, shot.character) if shot.character else None
            if shot.character and who is None:
                continue
            with org_transaction(org_id):
                brief = self._brief(shot, by)
                if who is not None:
                    characters.put_into(brief, who)
                for number in range(1, shot.takes + 1 if shot.fate != "draft" else 1):
                    render = self._submit(brief, number, by)
                    takes.append((render.pk, shot.fate if number == shot.takes else "superseded"))
                    if shot.fate == "withdrawn":
                        self._withdraw(render, by)
        return takes

    def _brief(self, shot: Shot, by: User) -> Brief:
        client = Client.objects.filter(name=shot.client).first() or add_client(name=shot.client, by=by)
        project = Project.objects.filter(client=client, name=shot.project).first() or create_project(
            client=client, name=shot.project, by=by
        )
        found = Brief.objects.filter(project=project, title=shot.title).first()
        return found or save_brief(
            project=project,
            title=shot.title,
            texts={"subject": shot.subject, **shot.texts},
            by=by,
            model=shot.model,
            size=shot.size,
            seconds=shot.seconds,
        )

    def _submit(self, brief: Brief, number: int, by: User) -> Render:
        quote = pricing.quote(
            account_for_new_renders(), model=brief.model, size=brief.size, seconds=brief.seconds or 0
        )
        return submit_render(
            brief=brief, submit_key=f"demo-{brief.public_id}-{number}", shown_microusd=quote.microusd, by=by
        )

    def _withdraw(self, render: Render, by: User) -> None:
        try:
            cancel_render(render=render, by=by)
        except CannotCancel:
            log.info("demo_take_was_sent_already", render=render.public_id)

    def _fulfil(self, org_id: UUID, takes: list[tuple[UUID, str]], amara: User, bruno: User) -> None:
        """Wait for each clip, then let happen what the script says."""
        waiting, deadline = dict(takes), time.monotonic() + PATIENCE.total_seconds()
        superseded = [pk for pk, fate in takes if fate == "superseded"]
        while waiting and time.monotonic() < deadline:
            for pk, fate in list(waiting.items()):
                with org_transaction(org_id):
                    render = Render.objects.select_related("brief__project__client").get(pk=pk)
                    if render.state in WORKING:
                        continue
                    if render.state in REVIEWABLE:
                        fulfil(render, fate, amara, bruno)
                    del waiting[pk]
            time.sleep(1)
        with org_transaction(org_id):
            asked(list(Render.objects.filter(pk__in=superseded)), amara)
