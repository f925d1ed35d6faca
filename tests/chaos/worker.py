"""A worker that can be killed by the dozen: `python -m tests.chaos.worker THREADS QUEUE…`.

The process that the supervisor starts loads the product once and forks. The fork works, as dramatiq's own forks do;
when it is killed the next one is there in a few milliseconds, where a new interpreter would need two seconds.
"""

import os
import signal
import sys
import time
import uuid
from pathlib import Path
from typing import NoReturn

import dramatiq

import config.worker as product
from config.processes import die_with_parent
from tests.chaos import bugs, decoded, hooks, pace
from tests.chaos.orders import Orders

_PAUSE = 0.05


def work(threads: int, queues: set[str], data_dir: Path) -> NoReturn:
    """Until SIGTERM, in a fork."""
    # Nothing is finished on the way out: whatever cannot take that is what these tests look for.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    bugs.plant(data_dir)
    broker = product.broker
    # A fork is a worker of its own: its heartbeat must not keep its forerunner's messages from coming back.
    broker.worker_id = str(uuid.uuid4())
    worker = dramatiq.Worker(broker, queues=queues, worker_threads=threads, worker_timeout=1000)
    worker.start()
    print("chaos worker is ready", flush=True)
    while True:
        signal.pause()


def main(threads: int, queues: set[str]) -> None:
    """Fork, wait, fork again."""
    data_dir = Path(os.environ["DATA_DIR"])
    pace.shorten()
    decoded.reuse(data_dir / "chaos" / "decoded")
    hooks.Hooks(Orders(data_dir)).install()
    current = {"pid": 0, "is_over": False}

    def pass_on(*_: object) -> None:
        current["is_over"] = True
        if current["pid"]:
            os.kill(current["pid"], signal.SIGTERM)

    signal.signal(signal.SIGTERM, pass_on)
    while not current["is_over"]:
        arm = die_with_parent(signal.SIGKILL)
        pid = os.fork()
        if pid == 0:
            arm()
            work(threads, queues, data_dir)
        current["pid"] = pid
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            print(f"chaos worker died of signal {os.WTERMSIG(status)}", flush=True)
        time.sleep(_PAUSE)


if __name__ == "__main__":
    main(int(sys.argv[1]), set(sys.argv[2:]))
