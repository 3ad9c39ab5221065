#!/usr/bin/env bash
# The packed tarball, installed as a user would: the programs start, runs succeed, the libraries are there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
scratch=$(mktemp -d)
export EXPD_HOME="$scratch/home"
trap '"$scratch/prefix/bin/expctl" daemon stop --no-start >/dev/null 2>&1 || true; rm -rf "$scratch"' EXIT

bash scripts/keep-compiled.sh node_modules/better-sqlite3 node "$scratch/prebuilds"
export npm_config_better_sqlite3_local_prebuilds="$scratch/prebuilds"
npm pack --silent --ignore-scripts --pack-destination "$scratch" >/dev/null
npm install --silent --global --prefix "$scratch/prefix" --no-audit --no-fund "$scratch"/expd-*.tgz
export PATH="$scratch/prefix/bin:$PATH" EXPD_LOW_WATER=0
mkdir "$scratch/project"
cd "$scratch/project"
expctl version
expctl submit --wait -- sh -c 'echo packed and running'
expctl logs 1
expd-train engines
expctl submit --wait trainer=autoencoder trainer.steps=2
cd "$scratch/prefix/lib"
node --input-type=module -e 'import { EventWriter } from "expd/tensorboard"; new EventWriter("x").close()'
mkdir conf conf/db
printf 'defaults: [{db: a}, _self_]\nlr: 1e-3\n' >conf/config.yaml
printf 'host: ${lr}\n' >conf/db/a.yaml
cat >compose.mts <<'END'
import { ConfigTree, HydraError } from 'expd/hydra';
const tree = new ConfigTree({ directory: 'conf' });
const text: string = tree.compose('config', ['lr=2']).yaml({ resolve: true });
if (text !== 'db:\n  host: 2\nlr: 2\n') throw new Error(text);
try {
  tree.compose('config', ['nope=1']);
} catch (error) {
  if (!(error instanceof HydraError) || error.type !== 'ConfigCompositionException') throw error;
}
END
"$root/node_modules/.bin/tsc" --strict --module nodenext --target es2023 --types '' compose.mts
node compose.mjs
node -e 'const { loadYaml } = require("expd/hydra"); if (loadYaml("1e-3") !== 0.001) process.exit(1)'
for library in tensorboard hydra; do
  ls "node_modules/expd/dist/$library/$library.d.ts" "node_modules/expd/src/$library/README.md" >/dev/null
done
