"""`manage.py sweep` at the pace of a test, with places to die at."""

import os
from pathlib import Path
from typing import Any

import django

django.setup()


def main() -> None:
    """Until it is killed."""
    from django.core.management import call_command

    from renders import sweep
    from tests.chaos.orders import ANYBODY, Orders, die
    from tests.chaos.pace import shorten

    orders, really_ring = Orders(Path(os.environ["DATA_DIR"])), sweep.ring

    def ring(*args: Any) -> None:
        if orders.take("sweep.before_ring", ANYBODY):
            die()
        really_ring(*args)
        if orders.take("sweep.after_ring", ANYBODY):
            die()

    sweep.ring = ring
    shorten()
    call_command("sweep", interval=0.2)


if __name__ == "__main__":
    main()
