#!/usr/bin/env bash
# Runs every fuzz target of the house for the given time each.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-5s}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fuzz PACKAGE NAME: runs one target with the binary that its package was built to.
# What it finds is kept in the package's testdata, as go test does.
fuzz() {
  local out
  out=$(cd "$1" && "$work/test" -test.run '^$' -test.fuzz "^$2\$" -test.fuzztime "$time" -test.fuzzminimizetime 100x \
    -test.fuzzcachedir "$cache/${1#./}/$2" 2>&1) && { tried "$out" || out=$(few "$1" "$2"); ran "$1" "$2" "$out"; return; }
  # The fuzzer's own end of time, when it comes in the middle of an input, is told as
  # an error although nothing was found: an input that was found is always named.
  if grep -qx '    context deadline exceeded' <<<"$out" && ! grep -q 'Failing input' <<<"$out"; then
    ran "$1" "$2" "$out"
    return
  fi
  echo "$out" >&2
  return 1
}

# few runs a target for so many inputs: on a loaded machine the whole time may pass
# with the inputs that are kept.
few() {
  cd "$1" && "$work/test" -test.run '^$' -test.fuzz "^$2\$" -test.fuzztime 500x -test.fuzzminimizetime 100x -test.fuzzcachedir "$cache/${1#./}/$2" 2>&1
}

tried() { grep -qE 'execs: [1-9]' <<<"$1"; }

# ran checks that inputs were tried indeed.
ran() {
  local execs
  execs=$(grep -oE 'execs: [0-9]+' <<<"$3" | tail -n 1 | cut -d' ' -f2 || true)
  [ "${execs:-0}" -gt 0 ] || { echo "$3" >&2; echo "fuzz: $1 $2 did not run" >&2; return 1; }
  echo "fuzz $1 $2 $time: $execs inputs"
}

cache=$(go env GOCACHE)/fuzz/pitlane
n=0
for pkg in $(grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u); do
  names=$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$pkg"/*_test.go | sed 's/func //' | sort -u)
  # Any one of its targets makes go build the package for fuzzing.
  go test -c -o "$work/test" -fuzz "^${names%%$'\n'*}\$" "$pkg"
  for name in $names; do
    fuzz "$pkg" "$name"
    n=$((n + 1))
  done
done
echo "fuzz: $n targets, $time each, nothing found"
[ "$n" -gt 0 ]
