"""What becomes of the demo's takes once they are rendered. Each step is skipped when it was done before."""

from django.conf import settings
from django.urls import reverse

from config.demo import endings
from renders.models import Render
from renders.states import State
from reviews.actions.decisions import decide
from reviews.actions.portal import create_link, register_guest
from reviews.actions.rounds import add_comment, asset_hash, open_round
from reviews.models import Comment, Guest, PortalLink, Round, StageKind, Verdict, Visibility
from tenants.models import User


def _say(
    round_: Round, by: User | Guest, body: str, frame: int | None = None, *, team_only: bool = False
) -> Comment:
    """Say it once."""
    said = Comment.objects.filter(round=round_, body=body).first()
    return said or add_comment(
        round_=round_,
        body=body,
        by=by,
        frame_in=frame,
        shown_sha256=asset_hash(round_.render),
        visibility=Visibility.TEAM if team_only else Visibility.SHARED,
    )


def _decide(round_: Round, kind: StageKind, verdict: Verdict, by: User | Guest, note: str = "") -> None:
    decide(
        round_=round_,
        kind=kind,
        verdict=verdict,
        by=by,
        note=note,
        shown_sha256=asset_hash(round_.render),
        form_key=f"demo-{round_.public_id}-{kind}",
    )


def _link(round_: Round, by: User) -> PortalLink:
    found = PortalLink.objects.filter(round=round_).first()
    if found is not None:
        return found
    url = settings.PUBLIC_URL + reverse("reviews:portal", args=["TOKEN"]).replace("TOKEN", "{token}")
    link, _address = create_link(
        round_=round_,
        label="Clara, Acme",
        by=by,
        url=url,
        email="clara@acme.test",
        days=30,
        may_comment=True,
        may_decide=True,
        may_download=True,
    )
    return link


def discussed(round_: Round, amara: User, bruno: User) -> None:
    """A conversation in the team, nothing decided."""
    first = _say(round_, amara, "The second boat clips through the stone edge here.", 61)
    _say(round_, bruno, "Agreed, and the tulips pop in one frame later. Worth another take?", 62)
    _say(round_, amara, "Budget note for us: two more takes at most before Friday.", None, team_only=True)
    if not Comment.objects.filter(parent=first).exists():
        add_comment(
            round_=round_,
            body="I will ask for calmer water.",
            by=bruno,
            parent=first,
            shown_sha256=asset_hash(round_.render),
        )


def changes(round_: Round, amara: User, bruno: User) -> None:
    """Turned back inside the team."""
    if round_.render.state == State.IN_REVIEW:
        _say(round_, bruno, "The lantern is brighter than the sky; the mood is gone.", 30)
        _decide(
            round_, StageKind.INTERNAL, Verdict.CHANGES_REQUIRED, bruno, "Darker lantern, keep the violet."
        )


def with_client(round_: Round, amara: User, bruno: User) -> None:
    """Approved inside, waiting for the client."""
    if round_.render.state == State.IN_REVIEW:
        _decide(round_, StageKind.INTERNAL, Verdict.APPROVED, bruno, "Lovely steam.")
        round_.render.refresh_from_db()
    _link(round_, amara)


def signed(round_: Round, amara: User, bruno: User) -> None:
    """Signed off by the client."""
    with_client(round_, amara, bruno)
    if round_.render.state == State.CLIENT_REVIEW:
        link = _link(round_, amara)
        clara = Guest.objects.filter(link=link).first() or register_guest(
            link=link, name="Clara Okafor", email="clara@acme.test"
        )
        _say(round_, clara, "This is the one. The door colour is perfect.", 96)
        _decide(round_, StageKind.CLIENT, Verdict.APPROVED, clara)


FATES = {"discussed": discussed, "kept": changes, "with_client": with_client, "signed": signed}
ENDINGS = {"kept": endings.held, "deleted": endings.deleted}


def fulfil(render: Render, fate: str, amara: User, bruno: User) -> None:
    """Let happen to a take what the script says."""
    if fate in FATES:
        FATES[fate](open_round(render, by=amara), amara, bruno)
    if fate in {"discussed", "with_client", "signed"}:
        endings.looked_at(render, bruno)
    if fate in ENDINGS:
        ENDINGS[fate](render, amara)
