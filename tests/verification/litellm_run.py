"""A take through the real LiteLLM proxy, by the product's own steps. Not collected by itself: make verify-litellm."""

import contextlib
import io
import os
from pathlib import Path

import pytest

from renders.actions.accounts import set_up_account
from renders.models import AssetKind
from renders.states import State
from tests.renders.conftest import brief, cast, fault, submit  # noqa: F401 - fixtures
from tests.renders.pipeline import attempts, balance, invoiced, run_until
from tests.verification import __main__ as verification
from tests.verification.checks import Examination
from tests.verification.client import Server
from tests.verification.proxy import KEY, PYTHON, proxy

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = 400_000


@pytest.fixture(scope="session")
def running(tmp_path_factory, emulator):
    assert PYTHON.exists(), "make verify-litellm installs the proxy"
    folder = tmp_path_factory.mktemp("litellm")
    with proxy(folder, upstream=emulator.url, upstream_key=emulator.api_key) as started:
        yield started


@pytest.fixture
def account(transactional_db, emulator, running):
    emulator.control.delete("/faults")
    return set_up_account(
        slug="litellm",
        name="LiteLLM",
        base_url=running.url,
        api_key=KEY,
        webhook_secrets=[],
        dialect="litellm",
        is_emulator=True,
    )


def test_take_goes_through_the_real_proxy(submit, emulator, running, account):  # noqa: F811 - fixtures
    render = run_until(submit(), State.IN_REVIEW)
    assert len(attempts(render)) == len(invoiced(emulator, render)) == 1
    assert balance(render) == {"available": -PRICE, "reserved": 0, "spent": PRICE}
    assert render.asset(AssetKind.ORIGINAL).has_audio
    assert render.asset(AssetKind.PROVIDER_THUMBNAIL) is None
    found = _examined(running.url)
    differs = {name: found[name] for name in verification.contradictions(found, "litellm")}
    said = (
        f"LiteLLM {running.version}: a take went from submit to review and was paid once; its id has "
        f"{len(attempts(render)[0].provider_video_id)} characters. "
        f"Unlike our profile: {'; '.join(f'{name}: {what}' for name, what in differs.items()) or 'nothing'}."
    )
    Path(os.environ.get("LITELLM_SAID", os.devnull)).write_text(said, encoding="utf-8")


def _examined(url: str) -> dict[str, str]:
    """What the examination finds of the proxy."""
    server = Server(url, KEY, most_jobs=60, seconds_to_wait=60)
    with contextlib.redirect_stdout(io.StringIO()):
        return verification.examine(Examination(server, refused_prompt="I will murder you"))
