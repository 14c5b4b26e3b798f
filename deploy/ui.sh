#!/usr/bin/env bash
# Checks the screens: types, unit tests, budgets, and that the committed dist/ is
# what the sources build.
set -euo pipefail
cd "$(dirname "$0")/../kiosk-ui"
npm run -s check
npm test --silent
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
npm run -s build -- --outDir "$built" --emptyOutDir
diff -r "$built" dist || { echo "kiosk-ui/dist is not what the sources build: run 'make ui' and commit it" >&2; exit 1; }
npm run -s budgets
