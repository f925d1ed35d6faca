"""A way to a service that can be shut, cut, or held: the service goes on for everybody else."""

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

Address = int | Path


class Gate:
    """Passes bytes on from an address of its own. Shut, it refuses like a service that is not running.

    An address is a port of this machine or the path of a unix socket. `target` may be a function, for a service that
    is not where it will be yet.
    """

    def __init__(self, target: Address | Callable[[], Address], *, at: Path | None = None) -> None:
        self._target = target
        self.at = at
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._listener: socket.socket | None = None
        self._flows = threading.Event()
        self._flows.set()
        self._half = 0
        self.port = 0
        self.passed = 0  # connections that were let through

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flow()
        self.shut()

    def open(self) -> None:
        """Let everybody through, at the same address as before."""
        self._listener = listener = self._listen()
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def shut(self) -> None:
        """Cut every connection and refuse new ones."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            # Closing alone does not wake the thread that accepts.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    def cut(self) -> None:
        """Cut every connection; new ones are let through."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for pair in pairs:
            _cut(*pair)

    def hold(self) -> None:
        """Pass nothing on, but keep the connections: a peer that has gone silent."""
        self._flows.clear()

    def flow(self) -> None:
        """Pass on again, what was held back first."""
        self._flows.set()

    def halve(self, count: int = 1) -> None:
        """Pass on half of each of the next `count` answers, and cut there."""
        with self._lock:
            self._half += count

    def _listen(self) -> socket.socket:
        if self.at is None:
            listener = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
            self.port = listener.getsockname()[1]
            return listener
        self.at.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.fspath(self.at))
        listener.listen(128)
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = self._reach()
            except OSError:
                near.close()
                continue
            with self._lock:
                is_open = self._listener is listener
                if is_open:
                    self._pairs.append((near, far))
                    self.passed += 1
            if not is_open:
                _cut(near, far)
                return
            threading.Thread(target=self._pump, args=(near, far), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, True), daemon=True).start()

    def _reach(self) -> socket.socket:
        target = self._target() if callable(self._target) else self._target
        if isinstance(target, int):
            return socket.create_connection(("127.0.0.1", target))
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(os.fspath(target))
        except OSError:
            far.close()
            raise
        return far

    def _pump(self, source: socket.socket, sink: socket.socket, is_answer: bool = False) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                if is_answer and self._take_half():
                    sink.sendall(data[: len(data) // 2])
                    break
                sink.sendall(data)
        _cut(source, sink)

    def _take_half(self) -> bool:
        with self._lock:
            if not self._half:
                return False
            self._half -= 1
            return True


def _cut(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
