"""Exceptions whose text a person may read: refusals, and our storage's failures."""

from collections.abc import Callable


class Refused(Exception):
    """An action was not done. str(error) says why, and what to do next, in words for the person."""


class StorageFailed(Exception):
    """Our storage did not take or give a file: disk full, or the store is down. Worth another try."""


def refusal_of(check: Callable[..., object], *args: object, **kwargs: object) -> str:
    """Why an action would be refused, for the disabled button's reason; empty when it would not."""
    try:
        check(*args, **kwargs)
    except Refused as error:
        return str(error)
    return ""
