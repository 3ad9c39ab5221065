#!/bin/sh
# The committed binaries are what these sources give. With the compiler, linker and libc named in prebuilt/BUILD
# the bytes must be equal; with others they may differ, which is said, and only behaviour decides.
#   check.sh OUT CC_X64 CC_ARM64 RUN_X64 RUN_ARM64      (RUN_*: what executes that binary here; empty: the kernel)
set -u
out=$1
failed=0

# One attempt from spec to exit record: 0 when code 7 and the output arrived.
smoke() {
  dir=$(mktemp -d) || return 1
  printf '%s\0' v=1 attempt=smoke "cwd=$dir" umask=022 "log=$dir/log" arg=/bin/sh arg=-c 'arg=echo alive; exit 7' \
    env=PATH=/usr/bin:/bin > "$dir/spec"
  "$@" run "$dir" > /dev/null && grep -q '"code":7,' "$dir/exit" && grep -q '^alive$' "$dir/log"
  result=$?
  rm -rf "$dir"
  return $result
}

check_one() { # NAME CC RUNNER
  name=expshim-linux-$1
  if ! grep -qxF "$(./toolchain.sh "$2")" prebuilt/BUILD; then
    echo "$name: built by another toolchain than prebuilt/BUILD names; bytes not compared:"
    echo "  here: $(./toolchain.sh "$2")"
  elif cmp -s "$out/$name" "prebuilt/$name"; then
    echo "$name: same bytes"
  else
    echo "$name: DIFFERS from what its sources give (run: make prebuilt)"
    failed=1
  fi
  for binary in "$out/$name" "prebuilt/$name"; do
    if [ -n "$3" ] && ! command -v "$3" > /dev/null; then
      echo "$binary: SKIPPED, no $3 to run it"
    elif smoke $3 "$binary"; then
      echo "$binary: runs"
    else
      echo "$binary: DOES NOT RUN an attempt"
      failed=1
    fi
    [ "$(${3:-env} "$binary" version 2> /dev/null)" = "$(${3:-env} "$out/$name" version 2> /dev/null)" ] ||
      { echo "$binary: of other sources"; failed=1; }
  done
}

check_one x64 "$2" "$4"
check_one arm64 "$3" "$5"
exit $failed
