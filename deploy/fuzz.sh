#!/usr/bin/env bash
# Runs every fuzz target of the house for the given time each.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-5s}
n=0
for pkg in $(grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u); do
  for name in $(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$pkg"/*_test.go | sed 's/func //' | sort -u); do
    echo "fuzz $pkg $name $time"
    out=$(go test -run '^$' -fuzz "^${name}\$" -fuzztime "$time" "$pkg" 2>&1) || { echo "$out" >&2; exit 1; }
    n=$((n + 1))
  done
done
echo "fuzz: $n targets, $time each, nothing found"
[ "$n" -gt 0 ]
