#!/usr/bin/env bash
# Python with the programs that the tests speak to, in a cache folder outside the repository, made where it is missing.
#   scripts/interop-python.sh SET    prints the python of it
set -euo pipefail

case ${1:?a set: training, grpc, stacks} in
  # Real TensorBoard with its data server, a SummaryWriter, real Hydra. From PyYAML 6.0.4 on, which of several merged
  # mappings wins hangs on which strings CPython happens to share.
  training) packages=(tensorboard==2.21.0 tensorboard-data-server==0.7.2 tensorboardX==2.6.5 hydra-core==1.3.2 omegaconf==2.3.0 PyYAML==6.0.3) ;;
  # Its libtensorflow is all that is wanted: no Python imports it.
  tensorflow) packages=(--no-deps tensorflow-cpu==2.21.0) ;;
  grpc) packages=(grpcio==1.85.1 grpcio-tools==1.85.1 grpcio-reflection==1.85.1 grpcio-health-checking==1.85.1) ;;
  # What people train with, and their trackers; several gigabytes, for npm run test:heavy alone.
  stacks) packages=(torch==2.15.0 lightning==2.6.6 'jsonargparse[signatures]==4.53.0' transformers==5.24.0 accelerate==1.15.0 timm==1.0.31 keras==3.15.1 jax==0.10.2 h5py==3.16.0 hydra-core==1.3.2 omegaconf==2.3.0 tensorboard==2.21.0 tensorboard-data-server==0.7.2 tensorboardX==2.6.5 mlflow-skinny==3.17.2 wandb==0.31.0) ;;
  *) echo "no set $1: training, tensorflow, grpc, stacks" >&2; exit 2 ;;
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
