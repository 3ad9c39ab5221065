#!/usr/bin/env bash
# Python with the programs that the tests speak to, in a cache folder outside the repository, made where it is missing.
#   scripts/interop-python.sh SET    prints the python of it
set -euo pipefail

case ${1:?a set: training, grpc} in
  # Real TensorBoard with its data server, a SummaryWriter, real Hydra. From PyYAML 6.0.4 on, which of several merged
  # mappings wins hangs on which strings CPython happens to share.
  training) packages=(tensorboard==2.21.0 tensorboard-data-server==0.7.2 tensorboardX==2.6.5 hydra-core==1.3.2 omegaconf==2.3.0 PyYAML==6.0.3) ;;
  # Its libtensorflow is all that is wanted: no Python imports it.
  tensorflow) packages=(--no-deps tensorflow-cpu==2.21.0) ;;
  grpc) packages=(grpcio==1.85.1 grpcio-tools==1.85.1 grpcio-reflection==1.85.1 grpcio-health-checking==1.85.1) ;;
  *) echo "no set $1: training, tensorflow, grpc" >&2; exit 2 ;;
esac

key=$({ printf '%s\n' "${packages[@]}"; python3 --version; } | sha256sum | cut -c1-16)
place=${XDG_CACHE_HOME:-$HOME/.cache}/expd-interop/$key
if [ ! -e "$place/complete" ]; then
  mkdir -p "$place"
  # Several test files, or test runs, may come at once.
  exec 9>"$place/lock"
  flock 9
  if [ ! -e "$place/complete" ]; then
    rm -rf "$place/venv"
    python3 -m venv "$place/venv" >&2
    "$place/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "${packages[@]}" >&2
    printf '%s\n' "${packages[@]}" >"$place/complete"
  fi
fi
echo "$place/venv/bin/python"
