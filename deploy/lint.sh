#!/usr/bin/env bash
# golangci-lint at the pinned version, built once into .bin/; then the proof that
# its floor rules bite: a planted breach must be found.
set -euo pipefail
cd "$(dirname "$0")/.."
version=v2.15.0
lint=.bin/golangci-lint
if ! "$lint" version 2>/dev/null | grep -q "${version#v}"; then
  echo "lint: building golangci-lint $version (once, takes minutes)" >&2
  GOBIN="$PWD/.bin" go install "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$version"
fi
"$lint" run --allow-parallel-runners ./...

planted=edge/board/zz_planted_breach.go
trap 'rm -f "$planted"' EXIT
printf 'package board\n\nimport _ "pitlane/sync/link"\n' >"$planted"
if "$lint" run --allow-parallel-runners --enable-only depguard ./edge/board/ >/dev/null 2>&1; then
  echo "lint: depguard did not find a planted breach of the floors" >&2
  exit 1
fi
echo "lint: clean, and the floors bite"
