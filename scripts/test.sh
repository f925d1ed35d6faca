#!/bin/sh
# All tests. What drives Chromium runs in processes of its own: Playwright keeps an event loop in its thread for as
# long as it lives, in which neither Django's ORM nor asyncio.run() nor a second Playwright may be used.
# usage: scripts/test.sh PROCESSES [pytest's arguments]
set -u
processes=$1
shift
failed=0

run() {
  .venv/bin/python -m pytest "$@"
  code=$?
  # 5: nothing was selected here, as with -k
  if [ "$code" -ne 0 ] && [ "$code" -ne 5 ]; then failed=$code; fi
}

run -n "$processes" --dist loadgroup -m "not browser" "$@"
run -m browser --ignore=tests/browser tests "$@"
run -m browser tests/browser "$@"
exit "$failed"
