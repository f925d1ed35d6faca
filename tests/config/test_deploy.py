"""The image and its processes, as far as they can be checked without Docker."""

import importlib.util
import json
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import get_commands

from tests.stack import clean_environment

DOCKERFILE = (settings.BASE_DIR / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (settings.BASE_DIR / "compose.yaml").read_text(encoding="utf-8")
COMMANDS = [
    json.loads(found) for found in re.findall(r"(?:^CMD|command:) (\[.*\])$", DOCKERFILE + COMPOSE, re.M)
]


def test_image_copies_what_is_there_and_every_package_of_the_product():
    copied = re.findall(r"^COPY (\S+) ", DOCKERFILE, re.M)
    assert [path for path in copied if not (settings.BASE_DIR / path).exists()] == []
    ours = {"config", "tenants", "characters", "renders", "reviews", "templates", "static", "manage.py"}
    assert ours <= set(copied)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_command_names_what_exists(command):
    assert command[0] == "python"
    if command[1] == "manage.py":
        assert command[2] in get_commands()
        return
    assert command[1] == "-m"
    assert importlib.util.find_spec(command[2])
    [target] = [word for word in command if word.startswith("config.")]
    assert importlib.util.find_spec(target.partition(":")[0])


def test_every_process_and_every_queue_has_a_command():
    from config.broker import QUEUES

    words = {word for command in COMMANDS for word in command}
    assert len(COMMANDS) == 6
    assert words >= {"config.wsgi:application", "config.live:app", "sweep", "setup_database", *QUEUES}


def test_variables_of_the_files_are_known():
    sample = (settings.BASE_DIR / ".env.sample").read_text(encoding="utf-8")
    named = re.findall(r"\b([A-Z][A-Z0-9]+_[A-Z_]+)\b", COMPOSE.partition("x-product")[0])
    assert [name for name in named if name not in sample and not name.startswith("AWS_")] == []


def test_static_files_are_collected_as_the_image_does_it(tmp_path):
    [line] = re.findall(r"manage\.py (collectstatic .*?) &&", DOCKERFILE)
    values = dict(re.findall(r"\b(SECRET_KEY|ENCRYPTION_KEYS|ALLOWED_HOSTS)=(\S+)", DOCKERFILE))
    environment = clean_environment() | values | {"LAPTOP": "0", "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", *line.split()]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    manifest = json.loads((tmp_path / "static" / "staticfiles.json").read_text())
    assert "css/app.css" in manifest["paths"]
