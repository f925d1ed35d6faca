"""Logs as one line per event, with the request's and the agency's id on each and without secrets."""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config import env

_HIDDEN = "[hidden]"
# Names of values that are secret whatever they look like.
_SECRET_NAMES = re.compile(
    r"password|passcode|passwd|secret|token|ticket|authorization|api_?key|cookie|session_?key|signature|private",
    re.I,
)
# Values that are secret wherever they turn up. Each leaves its prefix, so that a reader sees what was there.
_SECRET_VALUES = [
    (re.compile(r"\b(sk-|whsec_|pk-|rk-)[A-Za-z0-9_\-+/=]{4,}"), r"\1" + _HIDDEN),
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=\-]+", re.I), r"\1 " + _HIDDEN),
    (re.compile(r"(://[^/\s:@]*:)[^@/\s]+(@)"), r"\1" + _HIDDEN + r"\2"),
    # Links that open something by themselves: portal links, invitations, confirmation and reset links.
    (re.compile(r"(/(?:p|portal|r|invitations?|invite|key)/)[A-Za-z0-9_\-.:~]{12,}"), r"\1" + _HIDDEN),
    (
        re.compile(r"([?&;](?:ticket|token|key|sig|signature|code|password)=)[^&\s#\"']+", re.I),
        r"\1" + _HIDDEN,
    ),
    (
        re.compile(r"((?:password|passcode|secret|token|api_?key)[\"']?\s*[:=]\s*[\"']?)[^\s\"',&}]+", re.I),
        r"\1" + _HIDDEN,
    ),
]


def redact(value: Any, name: str = "") -> Any:
    """The value with every secret in it hidden, at any depth of lists and mappings."""
    if name and value is not None and not isinstance(value, bool) and _SECRET_NAMES.search(name):
        return _HIDDEN
    if isinstance(value, str):
        for pattern, replacement in _SECRET_VALUES:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, bytes):
        return redact(value.decode(errors="replace"))
    if isinstance(value, Mapping):
        return {redact(str(key)): redact(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redact(str(value))


def _redact_event(_: Any, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    return {key: redact(value, key) for key, value in event.items()}


def configure() -> None:
    """Send structlog and the standard library's logging through the same processors to standard error."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer = _renderer(env.text("LOG_FORMAT", "logfmt" if settings.LAPTOP else "json"))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    _route_standard_logging(shared, renderer)


def _renderer(name: str) -> structlog.types.Processor:
    """json and logfmt for machines, short for a person who watches `make demo`."""
    renderers: dict[str, structlog.types.Processor] = {
        "json": structlog.processors.JSONRenderer(),
        "logfmt": structlog.processors.LogfmtRenderer(
            key_order=["timestamp", "level", "event"], bool_as_flag=False
        ),
        "short": _short,
    }
    if name not in renderers:
        raise ImproperlyConfigured(
            f"LOG_FORMAT is {name!r}, but must be json, logfmt or short. See .env.sample, which explains every variable."
        )
    return renderers[name]


def _short(_: Any, __: str, event: structlog.types.EventDict) -> str:
    """`14:02:31 job ms=12.5 ok=True`: what a terminal has room for; a traceback follows on lines of its own."""
    for name in ("logger", "request_id", "message"):
        event.pop(name, None)
    moment, level = str(event.pop("timestamp", ""))[11:19], str(event.pop("level", "info"))
    text, traceback = event.pop("event", ""), event.pop("exception", None)
    words = [moment, *([level.upper()] if level != "info" else []), str(text)]
    words += [f"{name}={value}" for name, value in event.items() if value is not None]
    return " ".join(words) + (f"\n{traceback}" if traceback else "")


def _route_standard_logging(
    shared: list[structlog.types.Processor], renderer: structlog.types.Processor
) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _redact_event,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    for old in [item for item in root.handlers if getattr(item, "is_ours", False)]:
        root.removeHandler(old)
    handler.is_ours = True  # type: ignore[attr-defined]
    root.addHandler(handler)
    root.setLevel(env.text("LOG_LEVEL", "INFO").upper())
    # Django logs every 404 as a warning, and httpx every request; both are said better elsewhere.
    for name, level in (("django.request", "ERROR"), ("httpx", "WARNING"), ("httpcore", "WARNING")):
        logging.getLogger(name).setLevel(level)
