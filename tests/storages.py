"""Storages that misbehave, for tests that swap the product's own."""

import random
from collections.abc import Callable
from typing import Any

from django.core.files.storage import FileSystemStorage


class Unsteady(FileSystemStorage):
    """A real file storage whose calls fail by a pattern, whichever they are: "01" is every second one.

    Without a pattern six of ten fail, by lot. What one call does by other calls of its own counts as one.
    """

    pattern = "01"
    dice = random.Random(7)
    calls = 0
    failed = 0
    _inside = False

    def _do(self, call: Callable[[], Any]) -> Any:
        if self._inside:
            return call()
        Unsteady.calls += 1
        turn = (
            self.pattern[Unsteady.calls % len(self.pattern)] == "1"
            if self.pattern
            else self.dice.random() < 0.6
        )
        if turn:
            Unsteady.failed += 1
            raise OSError("the store did not answer")
        self._inside = True
        try:
            return call()
        finally:
            self._inside = False

    def exists(self, name: str) -> bool:
        return self._do(lambda: super(Unsteady, self).exists(name))

    def delete(self, name: str) -> None:
        self._do(lambda: super(Unsteady, self).delete(name))

    def open(self, name: str, mode: str = "rb") -> Any:
        return self._do(lambda: super(Unsteady, self).open(name, mode))

    def save(self, name: str, content: Any, max_length: int | None = None) -> str:
        return self._do(lambda: super(Unsteady, self).save(name, content, max_length))

    def path(self, name: str) -> str:
        return self._do(lambda: super(Unsteady, self).path(name))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        return self._do(lambda: super(Unsteady, self).listdir(path))
