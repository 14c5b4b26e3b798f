#!/usr/bin/env bash
# Installs what `make test` needs and this machine lacks: Debian packages with apt
# (as root, or with sudo) and the screens' npm packages.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "tools: $*" >&2; }
need() { # command, package
  command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing+=("$2")
}

command -v go >/dev/null || { say "Go 1.26 is missing; install it from your distribution or go.dev"; exit 1; }
command -v node >/dev/null || { say "Node 20.19 or newer is missing"; exit 1; }
node -e 'const [a,b]=process.versions.node.split(".").map(Number); process.exit(a>20||a==20&&b>=19?0:1)' ||
  { say "Node $(node --version) is too old: 20.19 or newer is needed"; exit 1; }

missing=()
need mosquitto mosquitto
need chromium chromium
need socat socat
need gcc gcc
[ -e /usr/include/modbus/modbus.h ] || missing+=(libmodbus-dev)
/usr/bin/python3 -c 'import pymodbus.server' 2>/dev/null || missing+=(python3-pymodbus python3-serial python3-serial-asyncio)
need mkfs.ext4 e2fsprogs
need mkfs.xfs xfsprogs
fc-list 2>/dev/null | grep -qi 'wqy\|noto sans cjk' || missing+=(fonts-wqy-microhei fontconfig)
if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || { say "please install: ${missing[*]} (there is no apt-get here)"; exit 1; }
  sudo=""
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { say "please install as root: apt-get install ${missing[*]}"; exit 1; }
    sudo=sudo
  fi
  say "installing ${missing[*]}"
  $sudo apt-get update -q >/dev/null || say "apt-get update did not work; going on with the old lists"
  # A service that Debian starts by itself would hold the port of nobody's choice.
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null ||
    { say "apt-get could not install ${missing[*]}; see above"; exit 1; }
fi

stamp=kiosk-ui/node_modules/.installed
if [ ! -f "$stamp" ] || ! cmp -s kiosk-ui/package-lock.json "$stamp"; then
  say "installing the screens' packages"
  (cd kiosk-ui && npm ci --no-audit --no-fund --loglevel=error)
  cp kiosk-ui/package-lock.json "$stamp"
fi
