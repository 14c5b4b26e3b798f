#!/usr/bin/env bash
# Checks the screens: types, unit tests, budgets, and that the committed dist/ is
# what the sources build.
set -euo pipefail
cd "$(dirname "$0")/../kiosk-ui"
npm run -s check
npm test --silent
was=$(mktemp -d)
trap 'rm -rf "$was"' EXIT
cp -r dist "$was/dist"
npm run -s build
diff -r "$was/dist" dist || { echo "kiosk-ui/dist was not what the sources build; it has been built anew: commit it" >&2; exit 1; }
echo "ui: dist is what the sources build"
