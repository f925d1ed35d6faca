"""`python -m benchmarks [name …]`: each in a process and on data of its own."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ("life", "pages", "overhead", "ingest", "start", "characters", "policy", "retention", "inflight")


def run(name: str) -> int:
    """One benchmark; its exit code."""
    # PostgreSQL runs under another account when we are root, and has to walk through.
    with tempfile.TemporaryDirectory(prefix="dailies-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATA_DIR": f"{folder}/data",
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
        }
        print(f"== {name}", flush=True)
        return subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], env=environment).returncode


def main(names: list[str]) -> int:
    """Those named, or all."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"There is no benchmark {unknown[0]!r}. There are: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    return max([run(name) for name in names or NAMES])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
