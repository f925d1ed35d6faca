"""Rows for tests of pages: a take in any state, with files, without a provider."""

import hashlib
import uuid
from typing import Any

from renders.actions.accounts import set_up_account
from renders.models import (
    Asset,
    AssetKind,
    Brief,
    Order,
    OrderVerdict,
    PolicyCase,
    PriceRow,
    Project,
    ProviderAccount,
    Render,
)
from renders.placing import order_digest, params_digest
from renders.preflight import preflight, sent_texts
from renders.states import WORKING, Kind, State
from renders.triage import record_preflight
from renders.versions import freeze
from renders.wishes import new_clip
from reviews.actions.decisions import decide
from reviews.actions.portal import create_link
from reviews.actions.rounds import asset_hash, open_round, set_resolved
from reviews.models import Comment, Decision, Guest, PortalLink, Round, StageKind, Verdict, Visibility
from tenants import storage
from tenants.models import User
from tests.cast import Cast

FRAMES, WIDTH, HEIGHT = 120, 1280, 720
URL = "https://dailies.test/p/{token}/"

_TYPES = {
    AssetKind.ORIGINAL: "video/mp4",
    AssetKind.PROXY: "video/mp4",
    AssetKind.POSTER: "image/webp",
    AssetKind.HOVER_SHEET: "image/jpeg",
    AssetKind.WAVEFORM: "image/svg+xml",
}
_SHEET = {"columns": 8, "rows": 2, "fps": 4, "count": 16}


def account() -> ProviderAccount:
    """The platform's provider, which nobody calls."""
    found = ProviderAccount.objects.filter(slug="nobody").first()
    return found or set_up_account(
        slug="nobody", name="Nobody", base_url="http://127.0.0.1:9/v1", api_key="sk-none", webhook_secrets=[]
    )


def brief(cast: Cast, *, title: str = "Lighthouse at dusk", **fields: Any) -> Brief:
    """A brief of Acme's, in the agency in scope."""
    project, _created = Project.objects.get_or_create(client=cast.acme, name="Spring")
    values = {"subject": "A small lighthouse", "model": "sora-2", "size": "1280x720", "seconds": 4, **fields}
    return Brief.objects.create(project=project, title=title, created_by=cast.amara, **values)  # type: ignore[no-any-return]


def order(cast: Cast, of: Brief, *, price: int = 400_000, count: int = 1) -> Order:
    """An order of Amara's that waits for an approval, with its takes."""
    version = freeze(of, by=cast.amara)
    wish = new_clip(model=of.model, size=of.size, seconds=of.seconds)
    made: Order = Order.objects.create(
        brief=of,
        brief_version=version,
        count=count,
        total_microusd=price * count,
        threshold_microusd=0,
        digest=order_digest(version, wish, count=count, total_microusd=price * count),
        created_by=cast.amara,
        verdict=OrderVerdict.WAITING,
    )
    for _ in range(count):
        take(cast, State.AWAITING_APPROVAL, brief=of, files=False, order=made)
    return made


def take(
    cast: Cast, state: State = State.IN_REVIEW, *, by: User | None = None, files: bool = True, **fields: Any
) -> Render:
    """A take in this state, of a brief of its own unless one is given. Needs the agency in scope."""
    by, provider = by or cast.amara, account()
    of = fields.pop("brief", None) or brief(cast, title=fields.pop("title", "Lighthouse at dusk"))
    of.takes += 1
    of.save()
    version = freeze(of, by=by)
    choice = {"model": of.model, "size": of.size, "seconds": of.seconds}
    price = PriceRow.objects.filter(account=provider, model=of.model, size=of.size).first()
    made: Render = Render.objects.create(
        brief=of,
        brief_version=version,
        take=of.takes,
        account=provider,
        params_digest=params_digest(version, kind=Kind.CREATE, **choice),
        price_row=price,
        microusd_per_second=100_000,
        quoted_microusd=400_000,
        submit_key=uuid.uuid4().hex,
        created_by=by,
        state=state,
        clip_seconds=of.seconds,
        **choice,
        **({} if state in WORKING else {"next_action_at": None}),
        **fields,
    )
    if files and made.is_reviewable:
        for kind in _TYPES:
            file(made, kind)
    return made


def refused(cast: Cast, subject: str = "A balloon of Mickey Mouse", **fields: Any) -> PolicyCase:
    """The case of a brief that our rules refuse. Needs the agency in scope."""
    of = brief(cast, subject=subject, **fields)
    found = preflight(sent_texts(of), client_id=cast.acme.pk)
    return record_preflight(of, found).case  # type: ignore[no-any-return]


def file(render: Render, kind: AssetKind, content: bytes = b"") -> Asset:
    """A few stored bytes of their own."""
    content = content or f"{kind} of {render.pk}".encode()
    with storage.workspace() as folder:
        staged = storage.stage(folder / "file", [content])
        key = storage.keep(staged, org_id=render.org_id, content_type=_TYPES[kind])
    is_clip = kind in {AssetKind.ORIGINAL, AssetKind.PROXY}
    clip = {
        "width": WIDTH,
        "height": HEIGHT,
        "frames": FRAMES,
        "fps_num": 30,
        "fps_den": 1,
        "has_audio": True,
    }
    made: Asset = Asset.objects.create(
        render=render,
        kind=kind,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        storage_key=key,
        content_type=_TYPES[kind],
        details=_SHEET if kind == AssetKind.HOVER_SHEET else {},
        **(clip if is_clip else {}),
    )
    return made


def round_of(render: Render, by: User) -> Round:
    """The take's round, opened."""
    return open_round(render, by=by)


def decided(
    round_: Round, verdict: Verdict, by: User | Guest, *, kind: StageKind = StageKind.INTERNAL, note: str = ""
) -> Decision:
    """A decision through the action, about what is stored."""
    return decide(
        round_=round_,
        kind=kind,
        verdict=verdict,
        by=by,
        shown_sha256=asset_hash(round_.render),
        form_key=uuid.uuid4().hex,
        note=note,
    )


def shared_take(cast: Cast, **fields: Any) -> Round:
    """Asked for by Amara, approved by Bruno: the client may see it."""
    render = take(cast, **fields)
    round_ = round_of(render, cast.amara)
    decided(round_, Verdict.APPROVED, cast.bruno)
    return round_


def link(round_: Round, by: User, **options: Any) -> tuple[PortalLink, str]:
    """A link to a shared take, and its token."""
    may = {"may_comment": True, "may_decide": True, "may_download": False}
    made, address = create_link(round_=round_, label="Clara", by=by, url=URL, **{**may, **options})
    return made, address.removeprefix("https://dailies.test/p/").removesuffix("/")


def said(
    round_: Round, by: User | Guest, body: str = "Look here", *, shared: bool = True, **fields: Any
) -> Comment:
    """A comment, straight into the table: tests of pages need many."""
    who = {"guest": by} if isinstance(by, Guest) else {"author": by}
    made: Comment = Comment.objects.create(
        round=round_,
        asset_sha256=asset_hash(round_.render),
        body=body,
        visibility=Visibility.SHARED if shared else Visibility.TEAM,
        **who,
        **fields,
    )
    return made


def clara(link_: PortalLink) -> Guest:
    """The client's person."""
    found, _created = Guest.objects.get_or_create(
        link=link_, email="clara@acme.test", defaults={"name": "Clara Okafor"}
    )
    return found  # type: ignore[no-any-return]


def rounds_resolve(comment: Comment, by: User) -> None:
    """Tick a thread off."""
    set_resolved(comment=comment, is_resolved=True, by=by)
