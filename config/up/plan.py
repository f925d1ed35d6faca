"""Which processes make up the product, and what each is told."""

import sys
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import get_commands

from config import env
from config.up.children import Child
from config.up.leftovers import mark
from config.up.secrets import machine_secrets

# The provider account that the demo data make for the emulator: its webhooks arrive under this name.
EMULATOR_SLUG = "emulator"


@dataclass(frozen=True)
class Plan:
    """What one run needs to know. Ports: pages, live updates, emulator, emulator's controls."""

    data_dir: Path
    folder: Path
    host: str
    port: int
    with_demo: bool

    @property
    def url(self) -> str:
        """Where our own processes reach the pages."""
        return f"http://{self.host}:{self.port}"

    @property
    def public_url(self) -> str:
        """Where a person does."""
        return str(settings.PUBLIC_URL)

    @property
    def emulator_url(self) -> str:
        """What the emulator's provider account is given."""
        return f"http://{self.host}:{self.port + 2}/v1"

    def environment(self) -> dict[str, str]:
        """What every process is told beyond its own arguments."""
        told = {
            "DATA_DIR": str(self.data_dir),
            "PORT": str(self.port),
            "PUBLIC_URL": settings.PUBLIC_URL,
            "LIVE_URL": settings.LIVE_URL,
            "PYTHONUNBUFFERED": "1",
            "LOG_FORMAT": env.text("LOG_FORMAT", "short"),
            # How often an idle worker on Redis looks for messages: 9 ms instead of 100 to 325 to the first byte.
            "dramatiq_worker_timeout": "20" if settings.BROKER_URL.startswith("redis") else "1000",
            **mark(self.data_dir),
        }
        if self.with_demo:
            told |= machine_secrets(self.data_dir)
            told["EMULATOR_URL"] = self.emulator_url
            told["EMULATOR_CONTROL_URL"] = f"http://{self.host}:{self.port + 3}"
        return told

    def first(self) -> list[Child]:
        """What a person waits for."""
        granian = [*_module("granian"), "--host", self.host, "--no-ws", "--log-level", "error"]
        granian += ["--workers-kill-timeout", "2"]
        pages = ["--interface", "wsgi", "--port", str(self.port), "--blocking-threads", "16"]
        live = ["--interface", "asginl", "--port", str(self.port + 1), "--loop", "asyncio", "--http", "1"]
        children = [
            Child("web", [*granian, *pages, "--backlog", "2048", "config.wsgi:application"]),
            Child("live", [*granian, *live, "--backpressure", "20000", "config.live:app"]),
        ]
        return children + ([self._emulator()] if self.with_demo else [])

    def then(self) -> list[Child]:
        """What works in the background, started once the pages answer."""
        workers = [
            *_module("dramatiq"),
            *["config.worker", "--skip-logging", "--processes", "1", "--worker-shutdown-timeout", "4000"],
        ]
        children = [
            Child("worker", [*workers, "--threads", "8", "--queues", "default", "mail"]),
            # Decoding takes a core for seconds: in its own process it holds up nothing else.
            Child("media", [*workers, "--threads", "2", "--queues", "media"]),
        ]
        commands = get_commands()
        if "sweep" in commands:
            children.append(Child("sweep", [*_manage(), "sweep"]))
        if self.with_demo and "load_demo" in commands and not self.demo_mark.exists():
            children.append(Child("demo", [*_manage(), "load_demo"], restarts=False))
        return children

    @property
    def demo_mark(self) -> Path:
        """Exists once the demo data are loaded."""
        return self.data_dir / "demo.loaded"

    def _emulator(self) -> Child:
        known = machine_secrets(self.data_dir)
        arguments = {
            "--host": self.host,
            "--port": str(self.port + 2),
            "--control-port": str(self.port + 3),
            "--data": str(self.data_dir / "emulator"),
            "--speed": env.text("EMULATOR_SPEED", "1"),
            "--api-key": known["EMULATOR_API_KEY"],
            "--webhook-url": f"{self.url}/hooks/videos/{EMULATOR_SLUG}/",
            "--webhook-secret": known["EMULATOR_WEBHOOK_SECRET"],
        }
        flat = [part for pair in arguments.items() for part in pair]
        return Child("emulator", [*_module("renders.emulator"), *flat])


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", name]


def _manage() -> list[str]:
    return [sys.executable, "manage.py"]
