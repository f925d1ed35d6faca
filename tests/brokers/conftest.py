"""The scaled product, once for each broker, with the people and the account that the tests need."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from django.conf import settings
from django.db import connections

from config.postgres.settings import parse_url
from config.processes import die_with_parent
from config.up.secrets import machine_secrets
from renders.actions.accounts import set_up_account
from renders.actions.briefs import create_project
from renders.models import Project, Render
from tests import s3
from tests.brokers import services
from tests.brokers.product import SECOND_WEB
from tests.brokers.services import Service
from tests.cast import Cast, assemble, browser
from tests.stack import Stack, clean_environment, free_ports, wait_until_ready

TOKEN = "a-token-of-the-tests"


@dataclass
class Scaled:
    """The running product, its broker, its bucket, and Amara's browser."""

    stack: Stack
    service: Service
    bucket: s3.Bucket
    environment: dict[str, str]
    cast: Cast | None = None
    project: Project | None = None
    web: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=15))
    submitted: int = 0

    @property
    def webs(self) -> list[str]:
        """Both addresses of the pages."""
        return [f"http://127.0.0.1:{self.stack.port + extra}" for extra in (0, SECOND_WEB)]

    def furnish(self) -> None:
        known = machine_secrets(self.stack.data_dir)
        set_up_account(
            slug="emulator",
            name="Emulator",
            base_url=f"{self.stack.emulator_url}/v1",
            api_key=known["EMULATOR_API_KEY"],
            webhook_secrets=[known["EMULATOR_WEBHOOK_SECRET"]],
            is_emulator=True,
            max_in_flight=12,
            list_grace_seconds=3,
        )
        self.cast = assemble()
        with self.cast.at():
            self.project = create_project(client=self.cast.acme, name="Scale", by=self.cast.amara)
        for name, morsel in browser(self.cast.amara).cookies.items():
            self.web.cookies.set(name, morsel.value)
        self.web.get(f"{self.webs[0]}/a/northlight/briefs/new").raise_for_status()

    def submit(self) -> str:
        """Post the form of a new brief, at one web process and the other in turns; the take's public id."""
        self.submitted += 1
        title = f"Lighthouse {self.submitted}"
        answer = self.web.post(
            f"{self.webs[self.submitted % 2]}/a/northlight/briefs/new",
            data={
                "project": str(self.project.pk),
                "title": title,
                "subject": title,
                "model": "sora-2",
                "size": "720x1280",
                "seconds": "4",
                "submit_key": f"form-{self.submitted}",
                "shown_microusd": "400000",
                "do": "submit",
            },
            headers={"X-CSRFToken": self.web.cookies["csrftoken"]},
        )
        assert answer.status_code == 302, answer.text[:2000]
        return answer.headers["location"].rpartition("/")[2]

    def takes(self) -> list[Render]:
        with self.cast.at():
            return list(Render.objects.prefetch_related("assets").order_by("created_at"))

    def wait_for_review(self, seconds: float = 60) -> list[Render]:
        """Until every take is there. Raises AssertionError."""
        deadline = time.monotonic() + seconds
        while left := [take.state for take in self.takes() if take.state != "in_review"]:
            assert time.monotonic() < deadline, f"{left}\n{self.stack.tail()}"
            time.sleep(0.1)
        return self.takes()

    def ready(self) -> str:
        return self.web.get(f"{self.webs[0]}/health/ready").text.strip()

    def workers(self) -> list[psutil.Process]:
        """Every process of the four workers."""
        return [
            process
            for process in psutil.Process(self.stack.process.pid).children(recursive=True)
            if "config.worker" in process.cmdline()
        ]


@contextmanager
def _running(
    data_dir: Path, service: Service, bucket: s3.Bucket, database: services.Database
) -> Iterator[Scaled]:
    data_dir.mkdir()
    # Nothing of the demonstration is wanted but its provider.
    (data_dir / "demo.loaded").touch()
    environment = {
        "DATA_DIR": str(data_dir),
        "PORT": str(free_ports(5)),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database.url,
        "DATABASE_OWNER_URL": database.owner_url,
        "BROKER_URL": service.url,
        "S3_BUCKET": s3.BUCKET,
        "S3_ENDPOINT_URL": bucket.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "METRICS_TOKEN": TOKEN,
        "EMULATOR_SPEED": "60",
        "LOG_LEVEL": "INFO",
    }
    with (data_dir / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.brokers.product"],
            cwd=settings.BASE_DIR,
            env=clean_environment() | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    stack = Stack(port=int(environment["PORT"]), data_dir=data_dir, process=process)
    scaled = Scaled(stack, service, bucket, environment)
    connection = connections["default"]
    before = dict(connection.settings_dict)
    try:
        wait_until_ready(stack)
        stack.wait_for("sweep_started")
        connection.close()
        connection.settings_dict.update(parse_url(database.url, variable="DATABASE_URL"))
        scaled.furnish()
        yield scaled
    finally:
        scaled.web.close()
        connection.close()
        connection.settings_dict.update(before)
        stack.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In parallel, one process has one product."""
    for item in items:
        if "scaled" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(item.callspec.params["scaled"]))


@pytest.fixture(scope="module", params=list(services.BROKERS))
def scaled(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[Scaled]:
    """Two web processes, four workers, two sweeps, an external PostgreSQL, S3, and the broker of the turn."""
    top = Path(tempfile.mkdtemp(prefix="dailies-scale-"))
    try:
        with (
            django_db_blocker.unblock(),
            services.database() as database,
            services.BROKERS[request.param]() as service,
            s3.serving() as bucket,
            _running(top / "data", service, bucket, database) as running,
        ):
            yield running
    finally:
        shutil.rmtree(top, ignore_errors=True)


@pytest.fixture(scope="module")
def product_environment(scaled: Scaled) -> dict[str, str]:
    """What another process needs to be told to belong to the product."""
    return os.environ | clean_environment() | scaled.environment
