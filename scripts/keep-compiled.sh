#!/usr/bin/env bash
# Where no prebuilt better-sqlite3 can be had it is compiled, about a minute; what was compiled once need not be again.
#   scripts/keep-compiled.sh MODULE NODE FOLDER   puts what stands in MODULE, compiled for NODE, into FOLDER
# npm takes it from there where npm_config_better_sqlite3_local_prebuilds names FOLDER (prebuild-install).
set -euo pipefail
module=$1 node=$2 folder=$3
name=$("$node" -p '
  const { name, version } = require(`${process.argv[1]}/package.json`);
  const musl = process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "";
  `${name}-v${version}-node-v${process.versions.modules}-linux${musl}-${process.arch}.tar.gz`' "$(cd "$module" && pwd)")
mkdir -p "$folder"
[ -f "$folder/$name" ] && exit 0
trap 'rm -f "$folder/.$name.$$"' EXIT
tar -czf "$folder/.$name.$$" -C "$module" build/Release/better_sqlite3.node
mv "$folder/.$name.$$" "$folder/$name"
