"""Ask a store once more. What is made of many calls need not begin again because one of them was not answered."""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def twice(call: Callable[[], T]) -> T:
    """What the call gives, at the second try if need be. The call must be safe to repeat; its second error is raised."""
    try:
        return call()
    except FileNotFoundError:
        raise  # an answer, not a failure
    except Exception:  # noqa: BLE001 - whatever a store's library raises
        return call()
