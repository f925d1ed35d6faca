"""Settings for tests: a database server of the run's own, nothing that leaves the machine, cheap hashes."""

import os
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from config import env

# One folder for the whole run: parallel workers inherit it from the process that started them.
if "DAILIES_TEST_DIR" not in os.environ:
    os.environ["DAILIES_TEST_DIR"] = tempfile.mkdtemp(prefix="dailies-test-")
    # PostgreSQL runs under another account when we are root, and has to walk through.
    os.chmod(os.environ["DAILIES_TEST_DIR"], 0o711)  # noqa: S103
TEST_DIR = Path(os.environ["DAILIES_TEST_DIR"])
(TEST_DIR / "static").mkdir(exist_ok=True)
# What a developer's shell or .env says about their own product must not reach the tests.
for _name in (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "BROKER_URL",
    "S3_BUCKET",
    "SECRET_KEY",
    "PORT",
    "EMULATOR_URL",
    "DELETION_UNDO_SECONDS",
    "C2PA_TRUST_ANCHORS",
):
    os.environ.pop(_name, None)
os.environ |= {"DATA_DIR": str(TEST_DIR), "LAPTOP": "1"}
os.environ.setdefault("LOG_LEVEL", "WARNING")
# An administrator's address on another server, for running the tests on another PostgreSQL version.
TEST_DATABASE_OWNER_URL = env.text("TEST_DATABASE_OWNER_URL", "")
if TEST_DATABASE_OWNER_URL:
    _parts = urlsplit(TEST_DATABASE_OWNER_URL)
    _server = f"{_parts.hostname}:{_parts.port or 5432}/dailies_test_template"
    os.environ["DATABASE_URL"] = f"postgresql://dailies_app:dailies-test@{_server}"
    os.environ["DATABASE_OWNER_URL"] = f"postgresql://dailies_owner:dailies-test@{_server}"

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, STORAGES  # noqa: E402

# Migrated once per run; each parallel worker gets a copy.
TEST_TEMPLATE = DATABASES["default"]["NAME"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Deletions begin at once; the tests of the undo window choose one of their own.
DELETION_UNDO_SECONDS = 0
# Messages stay in the process; the `jobs` fixture runs them when a test says so.
BROKER_URL = "stub://"
STORAGES["default"] = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {"location": str(TEST_DIR / "media" / str(os.getpid())), "base_url": "/media/"},
}
