"""Django's DATABASES: how to reach the database as the product, and as the owner of its tables.

Three roles. `dailies_owner` owns the tables and migrates them. `dailies_app` is what the product runs as: row
security binds it. `dailies_platform` is what it becomes, for one transaction, to look across agencies.
"""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import env
from config.postgres import layout

DATABASE = "dailies"
OWNER = "dailies_owner"
APP = "dailies_app"
PLATFORM = "dailies_platform"

Settings = dict[str, Any]


def databases(data_dir: Path) -> dict[str, Settings]:
    """DATABASES for the running product. Starts and changes nothing."""
    return {"default": _complete(_external("DATABASE_URL") or embedded(data_dir, user=APP))}


def owner_database(data_dir: Path) -> Settings:
    """How to reach the same database as the owner of its tables."""
    if not is_embedded():
        owner = _external("DATABASE_OWNER_URL")
        if owner is None:
            raise ImproperlyConfigured(
                "DATABASE_URL is set, but DATABASE_OWNER_URL is not. Migrations need the role that owns the tables, "
                "and the product must not run as that role. See .env.sample, which explains every variable."
            )
        return _complete(owner)
    return _complete(embedded(data_dir, user=OWNER))


def is_embedded() -> bool:
    """Whether the database is the one that comes with the product."""
    return not env.text("DATABASE_URL", "")


def embedded(data_dir: Path, *, user: str, name: str = DATABASE) -> Settings:
    """The embedded database's address: a folder with a socket."""
    return {"NAME": name, "USER": user, "HOST": str(layout.recorded(data_dir).sockets)}


def parse_url(url: str, *, variable: str) -> Settings:
    """NAME, USER, PASSWORD, HOST, PORT and OPTIONS of `postgresql://user:password@host:port/name?option=value`."""
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in {"postgres", "postgresql"} or not name or port == -1:
        raise ImproperlyConfigured(
            f"{variable} must look like postgresql://user:password@host:5432/name. "
            "See .env.sample, which explains every variable."
        )
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "OPTIONS": options,
    }


def connect_arguments(settings: Settings) -> dict[str, Any]:
    """The same address for psycopg.connect and its pools, which do not go through Django."""
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = {key: settings.get(name) for key, name in named.items()}
    options = {key: value for key, value in settings.get("OPTIONS", {}).items() if key != "application_name"}
    return {key: value for key, value in given.items() if value} | options


def _external(variable: str) -> Settings | None:
    url = env.text(variable, "")
    return parse_url(url, variable=variable) if url else None


def _complete(address: Settings) -> Settings:
    """What every connection of the product has in common."""
    options = {"application_name": "dailies", "connect_timeout": 5} | address.get("OPTIONS", {})
    return {
        "ENGINE": "django.db.backends.postgresql",
        # Each page is one transaction: the tenant's scope is set inside it and ends with it.
        "ATOMIC_REQUESTS": True,
        "CONN_MAX_AGE": env.number("DATABASE_CONNECTION_SECONDS", 600),
        # A connection that broke while it was idle is replaced instead of failing the next request.
        "CONN_HEALTH_CHECKS": True,
        **address,
        "OPTIONS": options,
    }
