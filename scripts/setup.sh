#!/bin/sh
# Makes .venv and installs requirements/dev.lock into it, with hashes. Does nothing when that is what is there.
set -eu
LOCK=requirements/dev.lock

if [ -x .venv/bin/python ] && cmp -s "$LOCK" .venv/installed.lock && .venv/bin/python -c '' 2>/dev/null; then
  exit 0
fi

find_python() {
  for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$name"
      return
    fi
  done
}

if ! { [ -x .venv/bin/python ] && .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }; then
  python=$(find_python)
  if [ -z "$python" ]; then
    found=$(python3 --version 2>/dev/null || echo "no Python")
    echo "Dailies needs Python 3.11 or newer, but found $found. Install it, or say where it is: make PYTHON=/path/to/python3.12" >&2
    exit 1
  fi
  rm -rf .venv
  if ! "$python" -m venv .venv; then
    rm -rf .venv
    echo "$python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2
    exit 1
  fi
fi

echo "Installing what $LOCK pins into .venv …"
if ! .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --root-user-action=ignore \
  --require-hashes --only-binary :all: -r "$LOCK"; then
  echo "The installation failed; the reason is above. It needs the package index, or a mirror set in pip's configuration." >&2
  exit 1
fi
cp "$LOCK" .venv/installed.lock
