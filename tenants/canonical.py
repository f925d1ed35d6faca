"""JSON with one spelling, so that equal content has equal bytes. Imports nothing of Django's."""

import json
from typing import Any


def canonical(value: Any) -> bytes:
    """Keys sorted, separators ',' and ':', UTF-8, no other spaces; what is no JSON is written as its text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str).encode()
