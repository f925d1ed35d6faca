"""The command line: ``python -m renders.emulator --port 4010``."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path

from renders.emulator.dialects import DIALECTS, FORMER_NAMES
from renders.emulator.server import PortInUse, serve
from renders.emulator.state import Settings
from renders.emulator.webhooks import secret_bytes

DEFAULT_KEY = "sk-emulator"


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError("must be above 0")
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError("a port is 0 to 65535")
    return value


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse and check the command line; leaves with code 2 and a sentence if it makes no sense."""
    parser = argparse.ArgumentParser(
        prog="python -m renders.emulator", description="A stand-in for a Videos API server."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address of the API (default 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=4010, help="port of the API (default 4010; 0 = any)")
    parser.add_argument(
        "--control-port", type=_port, default=0, help="port of the control surface (default: port + 1)"
    )
    parser.add_argument("--data", type=Path, help="folder that survives a restart (default: a temporary one)")
    parser.add_argument(
        "--speed", type=_positive, default=1.0, help="divides render times and webhook back-off"
    )
    parser.add_argument(
        "--render-seconds", type=_positive, default=6.0, help="time from acceptance to completion (default 6)"
    )
    parser.add_argument(
        "--api-key", action="append", default=[], help=f"accepted key, repeatable (default {DEFAULT_KEY})"
    )
    parser.add_argument("--webhook-url", action="append", default=[], help="where events go, repeatable")
    parser.add_argument(
        "--webhook-secret", action="append", default=[], help="whsec_… for each --webhook-url, in order"
    )
    parser.add_argument(
        "--profile",
        choices=[*DIALECTS, *FORMER_NAMES],
        default="openai",
        help="which server it is like (default openai); /as/NAME/v1 speaks any of them",
    )
    parser.add_argument(
        "--workers",
        type=int,
        choices=(1, 2, 3, 4),
        default=2 if (os.cpu_count() or 1) > 2 else 1,
        help="render processes",
    )
    parser.add_argument(
        "--rate-limit", type=int, help="requests a minute and key above which 429 is answered (default: none)"
    )
    parser.add_argument(
        "--canned",
        action="store_true",
        help="all jobs of equal size and length share one clip (load tests)",
    )
    parser.add_argument(
        "--no-credentials",
        action="store_true",
        help="clips carry no content credentials (C2PA); otherwise a self-made test certificate signs them",
    )
    parsed = parser.parse_args(argv)
    if parsed.webhook_secret and len(parsed.webhook_secret) != len(parsed.webhook_url):
        parser.error("give one --webhook-secret for each --webhook-url")
    for secret in parsed.webhook_secret:
        try:
            secret_bytes(secret)
        except ValueError as error:
            parser.error(str(error))
    return parsed


def main() -> int:
    """Run the emulator; returns the exit code."""
    parsed = arguments()
    logging.basicConfig(
        stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S"
    )
    temporary = None if parsed.data else tempfile.mkdtemp(prefix="videos-emulator-")
    settings = Settings(
        keys=tuple(parsed.api_key or [DEFAULT_KEY]),
        data=parsed.data or Path(str(temporary)),
        speed=parsed.speed,
        render_seconds=parsed.render_seconds,
        workers=parsed.workers,
        dialect=DIALECTS[FORMER_NAMES.get(parsed.profile, parsed.profile)],
        rate_limit=parsed.rate_limit,
        canned=parsed.canned,
        credentials=not parsed.no_credentials,
    )
    secrets = parsed.webhook_secret or [None] * len(parsed.webhook_url)
    try:
        asyncio.run(
            serve(
                settings,
                parsed.host,
                parsed.port,
                parsed.control_port,
                list(zip(parsed.webhook_url, secrets, strict=True)),
            )
        )
    except PortInUse as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
