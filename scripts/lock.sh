#!/bin/sh
# Pins pyproject.toml's dependencies for every platform, with hashes. uv is needed for this only, so it has an
# environment of its own.
set -eu
[ -x .venv-lock/bin/uv ] || { python3 -m venv .venv-lock && .venv-lock/bin/python -m pip install --quiet uv; }
pin() {
  .venv-lock/bin/python -m uv pip compile pyproject.toml --python-version 3.11 --universal --generate-hashes \
    --no-header --no-annotate --quiet "$@"
}
# Starting from the present files: versions change only where pyproject.toml asks for it, or with ARGS=--upgrade.
pin -o requirements/base.lock "$@"
pin --group dev -o requirements/dev.lock "$@"
