#!/usr/bin/env bash
# go test with short output: one line a package; of what failed first the names and the
# tests' own words, then what surrounds them. With PITLANE_NO_SKIP=1 a skipped test is
# a failure.
set -uo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
if [ -z "${PITLANE_VEHICLES:-}" ]; then
  echo "recorded vehicles are not here (PITLANE_VEHICLES is unset): the project's own made-up ones are used"
fi

# surroundings prints the end of what each failed package said, without what passed.
surroundings() {
  awk '
    /^=== (RUN|PAUSE|CONT|NAME)/ || /^ *--- PASS/ || $0 == "PASS" { next }
    { said[++n] = $0 }
    /^(ok|FAIL|\?)[ \t]+[a-z]/ || /\[no test files\]$/ || /coverage: \[no statements\]$/ {
      if ($1 == "FAIL") for (i = 1; i <= n; i++) print said[i]
      n = 0
    }
    END { for (i = 1; i <= n; i++) print said[i] }
  ' "$log" | tail -n 400
}

# words prints what failed, and what those tests said of it with file and line, at most
# 40 lines each: in -v output a line is of the test that was named last.
words() {
  awk '
    function clear() { split("", own); split("", lines); split("", failed); nf = 0; loud = "" }
    # A test failed with its subtests: what they said is theirs.
    function tell(   i) {
      for (i = 1; i <= nf; i++) printf "--- FAIL: %s %s\n%s", pkg, failed[i], own[failed[i]]
      printf "%s", loud
      clear()
    }
    function note(line) { if (++lines[now] <= 40) own[now] = own[now] line "\n" }
    /^=== (RUN|PAUSE|CONT|NAME)/ { now = $3; open = 0; next }
    /^ *--- (FAIL|PASS|SKIP): / { if ($2 == "FAIL:") failed[++nf] = $3; open = 0; next }
    /^ *[A-Za-z0-9_]+_test\.go:[0-9]+: / { note($0); open = 1; next }
    open && /^        / { note($0); next }
    { open = 0 }
    # Neither a compile error nor a panic is of a test.
    /^[^ \t:]+\.go:[0-9]+:[0-9]+: / { loud = loud $0 "\n" }
    /^(panic|fatal error): / || /^WARNING: DATA RACE/ { loud = loud $0 " (in " now ")\n"; more = 12; next }
    more > 0 { loud = loud $0 "\n"; more-- }
    /^(ok|FAIL)[ \t]+[a-z]/ { pkg = $2; more = 0; if ($1 == "FAIL") tell(); clear(); now = "" }
    END { if (nf > 0 || loud != "") tell() }
  ' "$log"
}

# The race detector waits a second at the end of each program for reports of threads
# that still run; a tenth is plenty. Tests that wait on clocks and disks wait together.
GORACE="${GORACE:-} atexit_sleep_ms=100" go test -count=1 -parallel 8 -timeout 20m -v "$@" >"$log" 2>&1
rc=$?
if [ $rc -ne 0 ]; then
  echo "=== what failed (the whole output: $log) ==="
  words
  echo "=== what surrounds it ==="
  surroundings
  echo "=== what failed, again ==="
  words | head -n 80
  exit $rc
fi
trap 'rm -f "$log"' EXIT
grep -E '^(ok|FAIL)' "$log" | grep -v 'no test files'
skipped=$(grep -E '^\s*--- SKIP' "$log" || true)
if [ -n "$skipped" ]; then
  echo "$skipped"
  if [ "${PITLANE_NO_SKIP:-0}" = 1 ]; then
    echo "tests were skipped; here none may be" >&2
    exit 1
  fi
fi
