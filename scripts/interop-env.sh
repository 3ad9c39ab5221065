#!/usr/bin/env bash
# Python with gRPC, in a cache folder outside the repository, for the tests with other clients.
#   scripts/interop-env.sh    makes it where it is missing, prints its python
set -euo pipefail
packages=(grpcio==1.85.1 grpcio-tools==1.85.1 grpcio-reflection==1.85.1 grpcio-health-checking==1.85.1)
cache=${EXPD_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/expd-test}/python-grpc
if [ "$(cat "$cache/installed" 2>/dev/null)" != "${packages[*]}" ]; then
  mkdir -p "$cache"
  # Two test runs may come at once.
  exec 9>"$cache/lock"
  flock 9
  if [ "$(cat "$cache/installed" 2>/dev/null)" != "${packages[*]}" ]; then
    rm -rf "$cache/venv"
    python3 -m venv "$cache/venv" >&2
    "$cache/venv/bin/pip" install --quiet --disable-pip-version-check --no-input "${packages[@]}" >&2
    echo "${packages[*]}" >"$cache/installed"
  fi
fi
echo "$cache/venv/bin/python"
