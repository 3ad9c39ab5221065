#!/bin/bash
# Installs by apt what the tests need beside Node: for continuous integration, never called by demo or test.
# Idempotent, and quiet when nothing is missing. Needs root, or sudo without a password.
set -euo pipefail

packages=(
  # A real init to boot, and to verify units with; its containers; sessions and user managers inside them.
  systemd systemd-container systemd-sysv dbus dbus-user-session libpam-systemd polkitd
  # Faults: kills and delays at a syscall, a full disk, a clock that jumps.
  strace e2fsprogs faketime
  # The supervisor, for both architectures, and an emulator for the other one.
  gcc make libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static
  # What the benchmarks stand beside.
  task-spooler nq
  # Clients in another language, code states, crontabs, pseudo terminals.
  python3 python3-venv git cron procps util-linux
  # Shells that completion is tried in.
  zsh fish
)

missing=()
for package in "${packages[@]}"; do
  [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

command -v apt-get >/dev/null || {
  echo "setup:system: this machine has no apt; install the like of: ${missing[*]}" >&2
  exit 1
}
as_root=()
if ((EUID != 0)); then as_root=(sudo -n); fi

echo "setup:system: installing ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A test machine needs no service that an installation would start, and no question is ever asked.
run() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 "$@" >>"$log" 2>&1; }
run apt-get update -q || true
run apt-get install -q -y --no-install-recommends "${missing[@]}" || {
  tail -n 20 "$log" >&2
  echo 'setup:system: apt-get failed' >&2
  exit 1
}
