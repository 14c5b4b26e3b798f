#!/usr/bin/env bash
# Static programs for amd64 and arm64, with checksums, into dist/.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(git describe --tags --always --dirty 2>/dev/null || echo unknown)
rm -rf dist
for arch in amd64 arm64; do
  out=dist/pitlane-$version-linux-$arch
  mkdir -p "$out"
  CGO_ENABLED=0 GOOS=linux GOARCH=$arch go build -trimpath -ldflags "-s -w" -o "$out/" ./cmd/...
  cp LICENSE README.md "$out/"
  tar -C dist -czf "$out.tar.gz" "$(basename "$out")"
done
(cd dist && sha256sum ./*.tar.gz >SHA256SUMS)
ls -l dist
