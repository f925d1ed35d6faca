"""Characters in briefs and takes: two at most, only those that may be used, and gone the moment they may not.

Requirements B21, B23, F12.
"""

import threading
import uuid
from datetime import timedelta

import av
import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from characters.actions.characters import retire_character, revoke_character
from characters.models import Character
from characters.states import State as CharacterState
from renders import casting
from renders.actions.again import regenerate
from renders.actions.briefs import save_brief
from renders.actions.renders import CannotSubmit, submit_render
from renders.emulator.media.mascot import traits_of
from renders.models import BriefCharacter, Registration, VersionCharacter
from renders.prompts import compose
from renders.states import FailureClass, State
from renders.steps.submit import lane_of, request_of
from tenants import storage
from tests import characters_kit as kit
from tests import emulated
from tests.renders.pipeline import attempts, balance, fresh, invoiced, run_until, step

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = 400_000


@pytest.fixture
def pip(cast, account):
    """Known to the account, and to the provider."""
    with cast.at():
        return kit.character(cast)


@pytest.fixture
def known(account, emulator, tmp_path):
    """known(character): registered at the emulator for real."""
    from renders.providers.port import CharacterRequest
    from renders.providers.videos_api import VideosApi

    def register(character):
        path = tmp_path / f"{uuid.uuid4().hex}.mp4"
        path.write_bytes(kit.clip_bytes())
        provider = VideosApi(base_url=account.base_url, api_key=account.api_key)
        made = provider.create_character(CharacterRequest(character.name, path))
        provider.close()
        return kit.registered(character, account, provider_id=made.id)

    return register


def put(cast, brief, *characters):
    save_brief(
        project=brief.project,
        title=brief.title,
        texts=brief.texts(),
        by=cast.amara,
        brief=brief,
        characters=list(characters),
        model=brief.model,
        size=brief.size,
        seconds=brief.seconds,
    )


def ask(cast, brief, **more):
    return submit_render(
        brief=brief, submit_key=uuid.uuid4().hex, shown_microusd=PRICE, by=cast.amara, **more
    )


def test_third_character_is_refused_by_the_action_and_by_the_database(cast, brief):
    with cast.at():
        three = [kit.character(cast, name=name) for name in ("Pip", "Zed", "Kit")]
        with pytest.raises(casting.CannotCast, match="2 characters at most, and 3"):
            put(cast, brief, *three)
        assert not brief.cast.exists()
        put(cast, brief, *three[:2])
        with pytest.raises(IntegrityError), transaction.atomic():
            BriefCharacter.objects.create(brief=brief, character=three[2], position=3)
        with pytest.raises(casting.CannotCast, match="at most"):
            ask(cast, brief, characters=three)


def test_name_goes_into_the_prompt_verbatim_and_only_once(cast, brief, pip, known):
    with cast.at():
        known(pip)
        put(cast, brief, pip)
        render = ask(cast, brief)
        assert render.brief_version.composed_prompt == f"With Pip. {brief.subject}."
        brief.subject = "Pip waters the sunflowers"
        brief.save()
        assert ask(cast, brief).brief_version.composed_prompt == "Pip waters the sunflowers."


@pytest.mark.parametrize(
    ("subject", "names", "expected"),
    [
        ("A boat", ["Pip"], "With Pip. A boat."),
        ("A boat", ["Pip", "Zed"], "With Pip and Zed. A boat."),
        ("Pip rows", ["Pip", "Zed"], "With Zed. Pip rows."),
        ("A pipe, pip and Pippin", ["Pip"], "With Pip. A pipe, pip and Pippin."),
        ("“Pip”, again", ["Pip"], "“Pip”, again."),
        ("A C++ cup", ["C++"], "A C++ cup."),
        ("", ["Pip"], "With Pip."),
    ],
)
def test_names_in_prompts(brief, subject, names, expected):
    brief.subject = subject
    assert compose(brief, names) == expected


def test_version_and_digest_freeze_who_is_in_it(cast, brief, pip, known, account):
    with cast.at():
        brief.subject = "Pip and Zed at the quay"
        brief.save()
        zed = kit.character(cast, name="Zed")
        known(pip), known(zed)
        plain = ask(cast, brief)
        put(cast, brief, pip)
        one = ask(cast, brief)
        put(cast, brief, pip, zed)
        two = ask(cast, brief)
        again = ask(cast, brief)
        assert len({plain.params_digest, one.params_digest, two.params_digest}) == 3
        assert (two.brief_version, two.params_digest) == (again.brief_version, again.params_digest)
        rows = VersionCharacter.objects.filter(version=two.brief_version)
        assert [(row.name, row.clip_sha256) for row in rows] == [
            ("Pip", casting.clip_sha256(pip)),
            ("Zed", casting.clip_sha256(zed)),
        ]
        put(cast, brief)
        assert [link.name for link in two.brief_version.cast.all()] == ["Pip", "Zed"]
        ids = casting.known_ids(account, [pip.pk, zed.pk])
        assert request_of(two).characters == (ids[pip.pk], ids[zed.pk])
        assert request_of(plain).characters == ()


def test_requests_that_a_list_cannot_tell_apart_share_a_lane(cast, brief, pip, known, account):
    """No list echoes characters: a lane that held them would let two such requests go out side by side."""
    with cast.at():
        brief.subject = "Pip at the quay"
        brief.save()
        known(pip)
        plain = request_of(ask(cast, brief))
        put(cast, brief, pip)
        with_pip = request_of(ask(cast, brief))
    assert with_pip.characters != plain.characters
    assert lane_of(account, with_pip) == lane_of(account, plain)


def test_lost_reply_of_a_take_with_a_character_is_found_in_the_list_and_paid_once(
    cast, brief, pip, known, fault, emulator
):
    with cast.at():
        known(pip)
        put(cast, brief, pip)
        render = ask(cast, brief)
    fault("accept_then_drop")
    assert step(render).state == State.RECONCILING
    render = run_until(render, State.STORED)
    assert len(invoiced(emulator, render)) == len(attempts(render)) == 1
    assert balance(render) == {"available": -PRICE, "reserved": 0, "spent": PRICE}


@pytest.mark.parametrize(
    ("state", "fields", "words"),
    [
        (CharacterState.DRAFT, {}, "not finished"),
        (CharacterState.LIKENESS, {}, "not finished"),
        (CharacterState.VALIDATED, {}, "waits for the approval"),
        (CharacterState.RETIRED, {}, "retired"),
        (CharacterState.REVOKED, {}, "revoked"),
        (CharacterState.REGISTERED, {"rights_until": "2020-01-31"}, "ended on 31 Jan 2020"),
        (CharacterState.REGISTERED, {}, "does not know Pip"),
    ],
)
def test_who_may_not_be_used_is_refused_with_the_reason_and_nothing_is_reserved(
    cast, brief, account, state, fields, words
):
    with cast.at():
        character = kit.character(cast, state, **fields)
        put(cast, brief, character)
        with pytest.raises(casting.CannotCast, match=words):
            ask(cast, brief)
        assert not brief.renders.exists()


def test_last_day_of_the_rights_still_counts(cast):
    with cast.at():
        today = timezone.now().date()
        character = kit.character(cast, rights_until=today)
        assert character.why_not() == ""
        assert "ended" in character.why_not(today + timedelta(days=1))


@pytest.fixture
def queued(cast, brief, pip, known):
    with cast.at():
        known(pip)
        put(cast, brief, pip)
        return ask(cast, brief)


def seen(emulator, brief):
    return [line for line in emulator.control.get("/invoice").json()["lines"] if brief.subject in str(line)]


def test_revoked_character_ends_queued_takes_unsent_with_the_money_back(cast, queued, pip, emulator):
    with cast.at():
        revoke_character(character=pip, reason="Contract ended", by=cast.amara)
    render = step(queued)
    assert (render.state, render.failure_class) == (State.FAILED, FailureClass.CHARACTER_WITHDRAWN)
    assert balance(render) == {"available": 0, "reserved": 0}
    [attempt] = attempts(render)
    assert attempt.intent_at is None
    assert invoiced(emulator, render) == []
    with cast.at():
        assert "revoked" in render.events.latest("version").note


def test_rights_that_end_while_it_waits_stop_it_too(cast, queued, pip):
    with cast.at():
        Character.objects.filter(pk=pip.pk).update(rights_until="2020-01-31")
    render = step(queued)
    assert (render.state, render.failure_class) == (State.FAILED, FailureClass.CHARACTER_WITHDRAWN)


def test_character_that_the_provider_lost_stops_it_too(cast, queued):
    with cast.at():
        Registration.objects.update(status="lost")
    assert step(queued).failure_class == FailureClass.CHARACTER_WITHDRAWN


def test_retired_character_lets_queued_takes_go_on(cast, queued, pip):
    with cast.at():
        retire_character(character=pip, reason="Old look", by=cast.amara)
    assert step(queued).state == State.RENDERING


def test_revocation_and_dispatch_at_the_same_moment_have_one_order(cast, queued, pip):
    """Whoever revokes waits for an intent that is being written; after the revocation no intent is."""
    began, go_on = threading.Event(), threading.Event()

    def revoke():
        began.set()
        try:
            with cast.at():
                revoke_character(character=pip, reason="Contract ended", by=cast.amara)
        finally:
            go_on.set()
            connection.close()

    with cast.at():
        assert casting.withdrawn(queued.brief_version, queued.account) == ""
        thread = threading.Thread(target=revoke)
        thread.start()
        began.wait(5)
        assert not go_on.wait(0.5), "the revocation did not wait for the lock"
    thread.join(5)
    assert go_on.is_set()
    with cast.at():
        assert "revoked" in casting.withdrawn(queued.brief_version, queued.account)


def test_again_takes_the_same_characters_and_refuses_a_revoked_one(cast, queued, pip, brief):
    with cast.at():
        put(cast, brief)
        again = regenerate(
            render=fresh(queued), submit_key=uuid.uuid4().hex, shown_microusd=PRICE, by=cast.amara
        )
        assert [link.name for link in again.brief_version.cast.all()] == ["Pip"]
        assert again.brief_version == queued.brief_version
        revoke_character(character=pip, reason="Contract ended", by=cast.amara)
        with pytest.raises(casting.CannotCast, match="revoked"):
            regenerate(render=fresh(queued), submit_key=uuid.uuid4().hex, shown_microusd=PRICE, by=cast.amara)


def test_prompt_that_is_too_long_counts_the_names(cast, brief, pip, known):
    with cast.at():
        known(pip)
        put(cast, brief, pip)
        for name in brief.TEXT_FIELDS[:8]:
            setattr(brief, name, "x" * 4000)
        brief.subject = "y" * (32_000 - len(brief.composed()) + len(brief.subject) - 2)
        assert len(brief.composed()) <= 32_000 < len(brief.composed(["Pip"]))
        with pytest.raises(CannotSubmit, match="32,000"):
            ask(cast, brief)


@pytest.fixture
def drawing(account, tmp_path_factory):
    """The account at an emulator that draws every clip anew."""
    running = emulated.start(tmp_path_factory.mktemp("drawing"), canned=False)
    account.base_url = running.url
    account.save()
    yield running
    emulated.stop(running)


def pictures(render):
    """The first picture of the stored original."""
    with storage.workspace() as folder:
        clip = storage.copy_to(render.asset("original").storage_key, folder / "clip.mp4")
        with av.open(str(clip.path)) as container:
            return next(container.decode(video=0)).to_image().convert("RGB")


def share_of(picture, colour):
    """How much of a picture is of about this colour."""
    small = picture.resize((180, 320))
    near = sum(
        all(abs(a - b) < 26 for a, b in zip(pixel, colour, strict=True))
        for pixel in small.get_flattened_data()
    )
    return near / (180 * 320)


def test_clip_visibly_carries_the_character_and_two_clips_share_its_look(
    cast, brief, pip, drawing, known, account
):
    with cast.at():
        row = known(pip)
        colour = traits_of(row.provider_character_id).body
        brief.subject = "Pip on a wide grey plain, early morning"
        brief.save()
        plain = ask(cast, brief)
        put(cast, brief, pip)
        first = ask(cast, brief)
        brief.subject = "Pip beside a river of glass at midnight"
        brief.save()
        second = ask(cast, brief)
    shares = [
        share_of(pictures(run_until(render, State.STORED, seconds=90)), colour)
        for render in (plain, first, second)
    ]
    without, *with_it = shares
    assert min(with_it) > 0.005, shares
    assert min(with_it) > 3 * without, shares
