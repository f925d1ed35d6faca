"""Nothing secret reaches a log line, whichever way it comes."""

import io
import json
import logging

import pytest
import structlog
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from config import logging as ours

SECRETS = [
    "sk-proj-AbCdEf0123456789",
    "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=",
    "Bearer eyJhbGciOi.J9.x",
    "dailies-demo-2026",
]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the log's own handler writes, as JSON."""
    monkeypatch.setenv("LOG_FORMAT", "json")
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    ours.configure()
    handler = next(item for item in logging.getLogger().handlers if getattr(item, "is_ours", False))
    assert isinstance(handler, logging.StreamHandler)
    text = io.StringIO()
    handler.setStream(text)
    yield text
    monkeypatch.undo()
    ours.configure()


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("key sk-proj-AbCdEf0123456789 refused", "AbCdEf"),
        ("secret whsec_c2VjcmV0LXNlY3JldA==", "c2Vjcm"),
        ("Authorization: Bearer abc.def-ghi", "abc.def"),
        ("authorization: Basic dXNlcjpwYXNz", "dXNlcj"),
        ("postgresql://dailies_app:hunter22@db/x", "hunter22"),
        ("GET /p/9f8e7d6c5b4a39281706f5e4d3c2b1a0/ 200", "9f8e7d"),
        ("GET /live?ticket=WyJhIl0:1v:zz HTTP", "WyJhIl0"),
        ("POST /login password=hunter22&next=/", "hunter22"),
        ('{"password": "hunter22"}', "hunter22"),
        ("api_key='hunter22'", "hunter22"),
    ],
)
def test_a_secret_in_a_text_is_hidden(text: str, hidden: str) -> None:
    assert hidden not in ours.redact(text)
    assert "[hidden]" in ours.redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "GET /northlight/renders/rnd_8h3k/ 200",
        "A sketch of a desk-lamp",
        "prompt tokens: many",
        "/p/short/",
        "task-7",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert ours.redact(text) == text


def test_secrets_are_hidden_at_any_depth_and_by_name() -> None:
    value = {"headers": [{"Authorization": "abc"}, ("x", b"sk-live-12345678")], "n": 3, "ok": True}
    text = json.dumps(ours.redact(value))
    assert "abc" not in text
    assert "12345678" not in text
    assert '"n": 3' in text


def test_no_way_of_logging_writes_a_secret(lines: io.StringIO) -> None:
    log = structlog.get_logger("tests.secrets")
    for secret in SECRETS[:3]:
        log.warning("said", text=secret, deep={"a": [secret]})
        logging.getLogger("some.library").warning("said %s", secret)
        logging.getLogger("some.library").warning("said", extra={"given": secret})
        try:
            raise ValueError(f"could not use {secret}")
        except ValueError:
            log.exception("failed")
            logging.getLogger("some.library").exception("failed")
    log.warning("signed_in", password=SECRETS[3], session_key="only-the-name-tells", given={SECRETS[0]: 1})
    written = lines.getvalue()
    assert written.count("\n") == 16
    assert "only-the-name-tells" not in written
    for secret in SECRETS:
        assert secret not in written
    assert all(json.loads(line)["level"] for line in written.splitlines())


@pytest.mark.django_db
def test_each_request_is_one_line_with_the_id_that_its_answer_carries(
    lines: io.StringIO, client: Client
) -> None:
    response = client.get(
        "/accounts/login/?token=abcdefgh12345678", headers={"X-Request-Id": "from-the-proxy-1"}
    )
    requests = [line for line in map(json.loads, lines.getvalue().splitlines()) if line["event"] == "request"]
    assert len(requests) == 1
    assert response["X-Request-Id"] == requests[0]["request_id"] == "from-the-proxy-1"
    assert (requests[0]["method"], requests[0]["status"]) == ("GET", 200)
    assert "abcdefgh" not in lines.getvalue()


@pytest.mark.django_db
def test_a_forged_request_id_is_replaced(lines: io.StringIO, client: Client) -> None:
    response = client.get("/accounts/login/", headers={"X-Request-Id": 'x" status=200 forged="1'})
    assert "forged" not in response["X-Request-Id"]
    assert "forged" not in lines.getvalue()


def test_an_unknown_format_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_FORMAT", "xml")
    with pytest.raises(ImproperlyConfigured, match="LOG_FORMAT is 'xml', but must be json, logfmt or short"):
        ours.configure()
