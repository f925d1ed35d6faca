"""Background jobs: `dramatiq config.worker --queues default media mail`.

Importing this loads every app's `tasks.py`. On SIGTERM dramatiq takes no new message and finishes those it has.
"""

import os
from importlib import import_module
from importlib.util import find_spec

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from config.broker import broker as broker  # noqa: E402 - dramatiq looks for this name

for _app in ("tenants", "characters", "renders", "reviews"):
    if find_spec(f"{_app}.tasks"):
        import_module(f"{_app}.tasks")
