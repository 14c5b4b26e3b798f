#!/usr/bin/env bash
# Makes the table of docs/BENCHMARKS.md on this machine. Figures of shared machines
# vary from run to run: what is compared is measured in the same run.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
pids=()
trap 'for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done; wait; rm -rf "$work"' EXIT

benchmark() { # package, pattern, benchtime
  go test -run '^$' -bench "$2" -benchtime "$3" -count=1 "$1" | grep '^Benchmark' |
    sed -E 's/^Benchmark//; s/-[0-9]+[[:space:]]+/ /' | tr -s ' \t' ' ' |
    while read -r name n rest; do echo "| $name | $n | $rest |"; done
}

echo "Machine: $(nproc) cores, $(go version | cut -d' ' -f3-4), $(date -u +%F)"
echo
echo "| Benchmark | n | figures |"
echo "|---|---|---|"
benchmark ./cmd/pitlane-sim ByteToScreen 3x
benchmark ./cmd/pitlane-sim BayToWaitingRoom 100x
benchmark ./sync/link EventToPeer 300x
benchmark ./edge/journal 'Append' 2s
benchmark ./edge/journal 'Peers' 2s
benchmark ./edge/receipt 'Verify' 1s
benchmark ./edge/journal 'Drained' 1x
benchmark ./edge/board Start 3x
benchmark ./edge/bay 'ChangeToDisk|OpenToConfirmed' 100x
benchmark ./devices/obd 'Scan' 2x
echo
echo "| Program | size, MiB | start to ready, ms | resident, MiB |"
echo "|---|---|---|---|"
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$work/" ./cmd/...

mib() { awk -v b="$1" 'BEGIN { printf "%.1f", b / 1048576 }'; }
free_port() {
  local p
  while p=$((20000 + RANDOM % 20000)); (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; do :; done
  echo "$p"
}

"$work/pitlane" shop init "$work/shop" --name bench >/dev/null
"$work/pitlane" shop add "$work/shop" reception --role reception >/dev/null
"$work/pitlane" shop add "$work/shop" central --role central >/dev/null

program() { # name, config, port
  local begun ready
  begun=$(date +%s%N)
  "$work/$1" --config "$2" >/dev/null 2>&1 &
  local pid=$!
  pids+=("$pid")
  until curl -fs "http://127.0.0.1:$3/readyz" >/dev/null 2>&1; do
    kill -0 "$pid" || { echo "$1 did not start" >&2; exit 1; }
  done
  ready=$((($(date +%s%N) - begun) / 1000000))
  local rss
  rss=$(awk '/^VmRSS/ {print $2 * 1024}' "/proc/$pid/status")
  echo "| $1 | $(mib "$(stat -c %s "$work/$1")") | $ready | $(mib "$rss") |"
  kill "$pid"; wait "$pid" 2>/dev/null || true
}

edge=$work/shop/bench-reception/edge.toml central=$work/shop/bench-central/central.toml
port=$(free_port); sed -i "s/127.0.0.1:8080/127.0.0.1:$port/" "$edge"
program pitlane-edge "$edge" "$port"
port=$(free_port); broker=$(free_port)
printf 'listen = "127.0.0.1:%s"\n[[link]]\nurl = "tcp://127.0.0.1:%s"\n' "$port" "$broker" >"$central"
program pitlane-central "$central" "$port"
for p in pitlane pitlane-sim; do echo "| $p | $(mib "$(stat -c %s "$work/$p")") | | |"; done
