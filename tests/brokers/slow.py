"""A job that takes its time and writes down when it begins and ends: `dramatiq tests.brokers.slow`."""

import os
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import dramatiq  # noqa: E402

from config.broker import broker as broker  # noqa: E402 - dramatiq looks for this name


@dramatiq.actor(actor_name="slow-job", queue_name="slow")
def slow(number: int) -> None:
    """Takes a second and a half."""
    book = Path(os.environ["SLOW_BOOK"])
    with book.open("a") as lines:
        lines.write(f"began {number}\n")
    time.sleep(1.5)
    with book.open("a") as lines:
        lines.write(f"ended {number}\n")


if __name__ == "__main__":
    for each in range(3):
        slow.send(each)
