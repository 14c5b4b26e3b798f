#!/usr/bin/env bash
# The whole visit through the screens, in Chromium, against the real programs with
# simulated devices.
set -euo pipefail
cd "$(dirname "$0")/.."

# Below the ports that the system gives to calls (32768 and up): what is free stays so.
free_base() {
  for _ in $(seq 50); do
    local base=$((20000 + RANDOM % 12000)) taken=0
    for off in 0 1 2 10 20; do
      (exec 3<>"/dev/tcp/127.0.0.1/$((base + off))") 2>/dev/null && taken=1
    done
    [ $taken = 0 ] && { echo "$base"; return; }
  done
  echo "e2e: no free ports" >&2
  return 1
}

work=$(mktemp -d)
CGO_ENABLED=0 go build -buildvcs=false -o "$work/" ./cmd/pitlane-sim ./cmd/pitlane
trap 'kill ${sim:-} 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

# shop starts a shop of its own and names its addresses; the one before ends.
shop() {
  local base
  [ -z "${sim:-}" ] || { kill "$sim"; wait "$sim" || true; }
  rm -rf "$work/shop"
  base=$(free_base)
  "$work/pitlane-sim" --by-hand "$@" --data "$work/shop" --port-base "$base" >"$work/out" 2>"$work/log" &
  sim=$!
  for _ in $(seq 600); do
    grep -q '^ready' "$work/out" && break
    kill -0 $sim 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 0.1
  done
  grep -q '^ready' "$work/out" || { echo "e2e: the shop did not become ready" >&2; cat "$work/log" >&2; exit 1; }
  export PITLANE_RECEPTION="http://127.0.0.1:$base"
  export PITLANE_BAY="http://127.0.0.1:$((base + 1))"
  export PITLANE_BAY2="http://127.0.0.1:$((base + 2))"
  export PITLANE_CENTRAL="http://127.0.0.1:$((base + 10))"
}

check() { npm run -s "$1" || { echo "--- the shop's log ---" >&2; tail -n 60 "$work/log" >&2; exit 1; }; }

export PITLANE_TOOL="$work/pitlane"
cd kiosk-ui
shop --jammed 1
check e2e:keys
check e2e
check e2e:history
check e2e:erase
shop # its bays are free
check e2e:bay
check axe
