#!/usr/bin/env bash
# go test with short output: one line a package, the whole of what failed. With
# PITLANE_NO_SKIP=1 a skipped test is a failure.
set -uo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ -z "${PITLANE_VEHICLES:-}" ]; then
  echo "recorded vehicles are not here (PITLANE_VEHICLES is unset): the project's own made-up ones are used"
fi
# The race detector waits a second at the end of each program for reports of threads
# that still run; a tenth is plenty. Tests that wait on clocks and disks wait together.
GORACE="${GORACE:-} atexit_sleep_ms=100" go test -count=1 -parallel 8 -v "$@" >"$log" 2>&1
rc=$?
if [ $rc -ne 0 ]; then
  # What failed, whole; what passed, not at all.
  grep -vE '^(=== (RUN|PAUSE|CONT|NAME)|\s*--- PASS|PASS$)' "$log" | tail -n 400
  exit $rc
fi
grep -E '^(ok|FAIL)' "$log" | grep -v 'no test files'
skipped=$(grep -E '^\s*--- SKIP' "$log" || true)
if [ -n "$skipped" ]; then
  echo "$skipped"
  if [ "${PITLANE_NO_SKIP:-0}" = 1 ]; then
    echo "tests were skipped; here none may be" >&2
    exit 1
  fi
fi
