"""The characters of the demo. Each step is skipped when it was done before, so that loading may be repeated."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from characters.actions.approval import approve, send_for_approval
from characters.actions.characters import create_character, edit_character
from characters.actions.clips import upload_clip
from characters.models import Character, Kind
from characters.states import State
from config.demo import drawings
from config.demo.drawings import Drawing
from renders.models import Brief
from tenants.models import Client, User
from tenants.scope import org_transaction

log = structlog.get_logger(__name__)

PATIENCE = timedelta(minutes=2)


@dataclass(frozen=True)
class Cast:
    """A character of the demo, and how far it has come: draft, sent, unsure, or approved."""

    name: str
    kind: Kind
    drawing: Drawing
    fate: str
    client: str = ""
    sheet: dict[str, Any] = field(default_factory=dict)


_OURS = {"rights_holder": "Acme GmbH", "rights_evidence": "Frame contract 2026-014, annex C"}

NORTHLIGHT = (
    Cast(
        "Pip",
        Kind.MASCOT,
        Drawing(drawings.robot, (236, 226, 206)),
        "approved",
        "Acme",
        {
            "look": "A tin robot, knee-high. Teal enamel with brass rivets, two square cream eyes, a coral ball on its "
            "antenna. Three brass bars on its chest.",
            "dos": "Tilts its head before it moves\nWalks with small, stiff steps\nCarries one thing at a time",
            "donts": "Never speaks\nNever wears clothes\nNo scratches, no rust",
            **_OURS,
        },
    ),
    Cast(
        "Harbour Red",
        Kind.PRODUCT,
        Drawing(drawings.tin, (226, 232, 224), width=720, height=1280),
        "approved",
        "Harbour Tea",
        {
            "look": "A round tea tin, enamel red, gold label without lettering, dark lid with a gold knob.",
            "dos": "Label to the front\nSteam may rise behind it",
            "donts": "No dents\nNo other brand beside it",
            "rights_holder": "Harbour Tea Ltd",
            "rights_evidence": "https://harbourtea.example/brand/terms",
        },
    ),
    Cast(
        "Blue Runner",
        Kind.ANIMAL,
        Drawing(drawings.fish, (214, 232, 238)),
        "sent",
        "Acme",
        {
            "look": "A folded paper fish, ultramarine, with a light blue tail and fin. One black dot for an eye.",
            "dos": "Wags its tail slowly",
            "donts": "Never out of the water",
            **_OURS,
        },
    ),
    Cast(
        "Old Moss",
        Kind.FICTIONAL,
        Drawing(drawings.gnome, (206, 222, 190)),
        "unsure",
        "",
        {
            "look": "A garden gnome of clay with a green hat and a white beard.",
            "rights_holder": "Northlight",
            "rights_evidence": "Own design, sketch 41",
        },
    ),
    # Six seconds and square: two rules of its clip do not hold, and both can be mended in the page.
    Cast(
        "Quay Lantern",
        Kind.PROP,
        Drawing(drawings.lantern, (176, 186, 206), width=900, height=900, seconds=6.0),
        "draft",
        "",
        {"look": "An iron lantern with warm glass that swings on a short chain."},
    ),
)
RIVALRY = (
    Cast(
        "Copper",
        Kind.MASCOT,
        Drawing(drawings.robot, (232, 214, 200)),
        "sent",
        "",
        {"look": "A copper robot.", "rights_holder": "Rivalry", "rights_evidence": "Own design, 2026"},
    ),
)


def load(org_id: UUID, people: tuple[Cast, ...], by: User, approver: User | None) -> None:
    """Make them, and let happen what happens to each."""
    for one in people:
        with org_transaction(org_id):
            found = Character.objects.filter(name=one.name).first()
            _further(found or _made(one, by), one, by, approver)


def _made(one: Cast, by: User) -> Character:
    client = Client.objects.filter(name=one.client).first() if one.client else None
    made = create_character(kind=one.kind, name=one.name, client=client, by=by)
    edit_character(character=made, by=by, **one.sheet)
    clip = drawings.encoded(one.drawing)
    upload_clip(character=made, chunks=[clip], size=len(clip), by=by)
    return made


def _further(character: Character, one: Cast, by: User, approver: User | None) -> None:
    if one.fate in {"sent", "approved"} and character.state == State.DRAFT:
        send_for_approval(character=character, attested=True, by=by)
        character.refresh_from_db()
    if one.fate == "unsure" and character.state == State.DRAFT:
        doubt = "It is a clay figure, but it has a face. Nobody’s, I think."
        send_for_approval(character=character, attested=False, doubt=doubt, by=by)
    if one.fate == "approved" and approver is not None and character.state == State.VALIDATED:
        approve(character=character, shown_version=character.version, by=approver)


def wait_until_known(org_id: UUID, name: str) -> Character | None:
    """The character once the provider knows it; None when that takes too long."""
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while time.monotonic() < deadline:
        with org_transaction(org_id):
            found: Character | None = Character.objects.select_related("clip").filter(name=name).first()
            if found is not None and found.state == State.REGISTERED:
                return found
        time.sleep(0.5)
    log.warning("demo_character_not_registered", name=name)
    return None


def put_into(brief: Brief, character: Character) -> None:
    """Let a brief have the character."""
    if not brief.cast.exists():
        brief.cast.create(character=character, position=1)
