"""Every address of the product, with real ids of Northlight's, asked for by everybody: nothing leaks, nothing breaks.

An address that is not known here makes the test fail: whoever adds a page says what its ids are.
"""

import re
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.core import mail
from django.urls import get_resolver
from django.utils import timezone

from characters.states import State as CharacterState
from renders.actions.appeals import make_appeal
from renders.actions.assets import delete_take_files
from renders.actions.budgets import set_budget
from renders.actions.purges import ask_purge
from renders.actions.rules import add_rule
from renders.actions.storyboards import plan_from
from renders.models import AccountAlert, Deletion, DeletionReceipt, Mismatch, PolicyRule
from renders.states import State
from renders.steps.receipts import receipt_id
from reviews.models import Verdict
from tenants import signing
from tenants.gates import is_trusted, views
from tenants.models import Invitation, Membership
from tenants.public_ids import encode
from tests import characters_kit, factories, pictures_kit
from tests.cast import Cast, assemble, browser

pytestmark = pytest.mark.django_db

CANARY = "canary-7f3a"
# Answers that say nothing about whether the thing exists.
CLOSED = {404, 405}


@dataclass
class World:
    cast: Cast
    ids: dict[str, str]


@pytest.fixture
def world(db, django_capture_on_commit_callbacks):
    cast = assemble()
    with cast.at():
        brief = factories.brief(cast, title=f"Title {CANARY}", subject=f"Subject {CANARY}")
        take = factories.take(cast, State.IN_REVIEW, brief=brief)
        round_ = factories.round_of(take, cast.amara)
        comment = factories.said(round_, cast.amara, f"Words {CANARY}")
        factories.rounds_resolve(comment, cast.amara)
        decision = factories.decided(round_, Verdict.APPROVED, cast.bruno)
        link, token = factories.link(round_, cast.amara)
        member = Membership.objects.get(user=cast.vera)
        mascot = characters_kit.character(cast, CharacterState.VALIDATED, name=f"Mascot {CANARY}")
        ready = characters_kit.character(cast, name=f"Ready {CANARY}")
        characters_kit.registered(ready, factories.account())
        order = factories.order(cast, brief)
        limit = set_budget(limit_microusd=10**9, by=cast.amara, client=cast.acme)
        refused = factories.refused(cast, f"Balloon of Mickey Mouse, {CANARY}")
        make_appeal(case=refused, reason=f"Reason {CANARY}", by=cast.amara)
        add_rule(phrase=f"{CANARY} rule", by=cast.amara)
        rule = PolicyRule.objects.get()
        guest = factories.clara(link)
        picture = pictures_kit.uploaded(cast)
        board = plan_from(brief=brief, by=cast.amara)
        purge = ask_purge(render_ids=[take.pk], title=f"Title {CANARY}", reason=CANARY, by=cast.amara)
        gone = factories.take(cast, title=f"Gone {CANARY}")
        deletion = delete_take_files(render=gone, typed=str(gone), by=cast.amara)
        document = signing.sign({"format": "dailies.deletion-receipt/1", "receipt": CANARY, "files": []})
        receipt = DeletionReceipt.objects.create(
            pk=receipt_id(deletion),
            deletion=deletion,
            issued_at=timezone.now(),
            key_id=document["key_id"],
            document=document,
        )
        Deletion.objects.filter(pk=deletion.pk).update(
            state="done", begun_at=timezone.now(), done_at=timezone.now(), next_action_at=None
        )
    with django_capture_on_commit_callbacks(execute=True):
        browser(cast.amara).post(
            "/a/northlight/members/invite", {"email": f"{CANARY}@x.test", "role": "viewer"}
        )
    invited = re.search(r"/join/(\S+)", mail.outbox[-1].body)[1]
    with cast.at():
        invitation = Invitation.objects.get()
    ids = {
        "brf:brief": take.brief.public_id,
        "rnd:render": take.public_id,
        "mem:member": member.public_id,
        "inv:invitation": invitation.public_id,
        "cmt:comment": comment.public_id,
        "dec:decision": decision.public_id,
        "lnk:link": link.public_id,
        "chr:character": mascot.public_id,
        "chc:clip": mascot.clip.public_id,
        "gst:guest": guest.public_id,
        "prg:purge": purge.public_id,
        "rct:receipt": receipt.public_id,
        "ord:order": order.public_id,
        "bud:budget": limit.public_id,
        "sbd:board": board.public_id,
        "pic:picture": picture.picture.public_id,
        "slug:rule": "guests",
        "slug:account": "nobody",
        "join": invited,
        "p": token,
        "media": "not-a-token",
        "uuid:org": str(cast.northlight.pk),
        "slug:name": "no-such-logo",
        "pca:case": refused.public_id,
        "plr:rule": rule.public_id,
        "agy:agency": cast.northlight.public_id,
        "int:mismatch": str(
            Mismatch.objects.create(account=factories.account(), kind="orphan", video_id="video_1").pk
        ),
        "int:alert": str(AccountAlert.objects.create(account=factories.account(), text="Look").pk),
        "slug:act": "undo",
        "path:object_id": str(cast.amara.pk),
        "path:content_type_id": "1",
        "app_label": "renders",
    }
    return World(cast, ids)


def addresses(world: World, agency: str) -> list[str]:
    """Every address of ours, filled in."""
    found = []
    for pattern, view in views(get_resolver().url_patterns):
        if is_trusted(view):
            continue
        url = "/" + pattern.replace("<slug:agency>", agency)
        # The one address that is written as a regular expression.
        url = re.sub(r"\^\(\?P<(\w+)>[^)]*\)/\$", r"<\1>/", url)
        for name in re.findall(r"<([^>]+)>", url):
            key = url.split("/")[1] if name == "str:token" else name
            assert key in world.ids, f"{url}: say in this test what <{name}> is."
            url = url.replace(f"<{name}>", world.ids[key])
        found.append(url)
    return found


def fenced(world: World, agency: str = "northlight") -> list[str]:
    """The addresses inside an agency."""
    return [url for url in addresses(world, agency) if url.startswith(f"/a/{agency}/")]


def body_of(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_rival_nobody_and_staff_find_nothing_of_northlight(world):
    for user in (world.cast.dmitri, world.cast.sol):
        client = browser(user)
        for url in fenced(world):
            for answer in (client.get(url), client.post(url, {"role": "owner"}), client.delete(url)):
                assert answer.status_code in CLOSED, (user.email, url)
                assert CANARY.encode() not in answer.content


def test_rival_with_northlights_ids_in_his_own_agency_finds_nothing(world):
    client = browser(world.cast.dmitri)
    for url in fenced(world, "rivalry"):
        # A retention rule has the same name in every agency.
        has_ids = any(value in url for name, value in world.ids.items() if name != "slug:rule")
        for answer in (client.get(url), client.post(url, {})):
            assert answer.status_code < 500, url
            assert CANARY.encode() not in body_of(answer), url
            if has_ids:
                assert answer.status_code in CLOSED, url


def test_nobody_is_sent_to_sign_in(world):
    for url in fenced(world):
        answer = browser().get(url)
        assert answer.status_code == 302, url
        assert answer.url.startswith("/accounts/login/?next="), url


def test_viewer_changes_nothing(world):
    """A POST of somebody who may only look is refused before anything else happens."""
    client = browser(world.cast.vera)
    for url in fenced(world):
        assert client.post(url, {}).status_code in {403, 405}, url


def test_no_address_breaks_and_each_carries_the_content_policy(world):
    cast = world.cast
    for user in (None, cast.amara, cast.bruno, cast.fay, cast.vera, cast.dmitri, cast.sol):
        client = browser(user)
        for url in addresses(world, "northlight"):
            for answer in (
                client.get(url),
                client.head(url),
                client.put(url),
                client.get(url + "?before=x&show=x&q=%FF"),
            ):
                assert answer.status_code < 500, (user, url)
                assert "default-src 'none'" in answer["Content-Security-Policy"], url


def test_get_never_writes(world):
    """Whatever is asked for with GET, the trail of the agency stays as it is."""
    from tenants.models import AuditEvent

    client = browser(world.cast.amara)
    with world.cast.at():
        before = AuditEvent.objects.count()
    for url in fenced(world):
        client.get(url)
    with world.cast.at():
        assert AuditEvent.objects.count() == before


def test_ids_that_are_odd_or_nobodys_are_not_found(world):
    client = browser(world.cast.amara)
    stranger = {
        name: encode(name.split(":")[0], world.cast.northlight.pk) for name in world.ids if ":" in name
    }
    for pattern, view in views(get_resolver().url_patterns):
        names = [
            name for name in re.findall(r"<([^>]+)>", pattern) if name in stranger and name != "slug:account"
        ]
        if is_trusted(view) or not names or not pattern.startswith("a/"):
            continue
        url = "/" + pattern.replace("<slug:agency>", "northlight")
        for name in names:
            url = url.replace(f"<{name}>", stranger[name])
        assert client.get(url).status_code in CLOSED, url
        assert client.post(url, {}).status_code in CLOSED, url


def test_agency_that_does_not_exist_answers_as_a_foreign_one(world):
    client = browser(world.cast.dmitri)
    foreign, missing = client.get("/a/northlight/queue/"), client.get("/a/no-such-agency/queue/")
    assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content)
    assert settings.DEBUG is False
