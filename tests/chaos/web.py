"""The pages, with places to die at: `granian --interface wsgi tests.chaos.web:application`."""

import functools
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from config.wsgi import application as pages
from renders.steps import inbound
from tests.chaos.orders import ANYBODY, Orders, die

_orders = Orders(Path(os.environ["DATA_DIR"]))
_accept = inbound.accept


@functools.wraps(_accept)
def accept(*args: Any) -> Any:
    """Written down, not committed."""
    result = _accept(*args)
    if _orders.take("hook.before_commit", ANYBODY):
        die()
    return result


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Committed, not answered."""
    answer: Iterable[bytes] = pages(environ, start_response)
    if environ["PATH_INFO"].startswith("/hooks/") and _orders.take("hook.after_commit", ANYBODY):
        die()
    return answer


inbound.accept = accept
