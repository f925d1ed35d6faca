"""Runs background jobs inside a test: no worker process, no thread, the test's own transaction."""

import dramatiq
from django.db import connection


class Jobs:
    """What was rung for so far. Only meaningful with the stub broker of config.settings_test."""

    def waiting(self) -> list[tuple[str, tuple[object, ...]]]:
        """(actor name, arguments) of each job that is due or delayed, oldest first."""
        self._commit_callbacks()
        return [(message.actor_name, tuple(message.args)) for message in self._messages(take=False)]

    def run(self, rounds: int = 50) -> int:
        """Run every job, delayed ones too, and those that they ring for. Returns how many ran."""
        broker = dramatiq.get_broker()
        ran = 0
        for _ in range(rounds):
            self._commit_callbacks()
            messages = self._messages(take=True)
            if not messages:
                return ran
            for message in messages:
                broker.get_actor(message.actor_name).fn(*message.args, **message.kwargs)
                ran += 1
        raise AssertionError(f"Jobs keep ringing for more jobs after {rounds} rounds: {self.waiting()[:5]}")

    def clear(self) -> None:
        """Forget them all."""
        self._commit_callbacks()
        self._messages(take=True)

    def _commit_callbacks(self) -> None:
        """A test's transaction never commits, so what waits for the commit is called here."""
        while connection.run_on_commit:
            callbacks, connection.run_on_commit = connection.run_on_commit, []
            for _, callback, _ in callbacks:
                callback()

    def _messages(self, *, take: bool) -> list[dramatiq.Message]:
        found = []
        for queue in dramatiq.get_broker().queues.values():
            for _ in range(queue.qsize()):
                data = queue.get_nowait()
                found.append(dramatiq.Message.decode(data))
                queue.task_done()
                if not take:
                    queue.put(data)
        return found
