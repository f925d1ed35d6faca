"""`python -m tests.chaos --cycles 1000`: kill, recover, count; ends with 1 when anything was lost or paid twice."""

import argparse
import os
import platform
import random
import shutil
import sys
from datetime import UTC, datetime


def main() -> int:
    """Until so many cycles are done; prints what was done and found."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--cycles", type=int, default=36, help="how many kills to recover from")
    parser.add_argument("--seed", type=int, default=None, help="repeats the draw of an earlier run")
    chosen = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if chosen.seed is None else chosen.seed
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings_test"

    import django

    django.setup()

    from django.conf import settings

    from tests.chaos.harness import product
    from tests.chaos.soak import Soak

    try:
        with product() as chaos:
            tally = Soak(chaos, seed).run(chosen.cycles, tell=lambda line: print(line, flush=True))
    finally:
        shutil.rmtree(settings.TEST_DIR, ignore_errors=True)
    print(f"\n{tally.words()}")
    print(f"seed {seed}; {platform.machine()}, {os.cpu_count()} cores, {datetime.now(UTC):%Y-%m-%d}")
    if tally.findings:
        print(tally.findings.words())
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
