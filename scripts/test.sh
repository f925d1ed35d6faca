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
}

# 5: nothing was selected here, as with -k; 2: Ctrl-C, or an error that leaves nothing to run
note() {
  if [ "$1" -eq 2 ]; then exit 2; fi
  if [ "$1" -ne 0 ] && [ "$1" -ne 5 ]; then failed=$1; fi
}

run -n "$processes" --dist loadgroup -m "not browser and not brokers" "$@"
note $?

# Two in parallel: the player's tests, then the looks at every page, beside the journeys; what they say comes after.
look=tests/browser/test_look.py
said=$(mktemp)
(
  run -m browser --ignore=tests/browser --output=test-results/player tests "$@"
  note $?
  run -m browser --output=test-results/look "$look" "$@"
  note $?
  exit "$failed"
) >"$said" 2>&1 &
beside=$!
trap 'kill -INT $beside 2>/dev/null' INT TERM
run -m browser --ignore="$look" --output=test-results/journeys tests/browser "$@"
note $?
wait $beside
note $?
cat "$said"
rm -f "$said"
exit "$failed"
