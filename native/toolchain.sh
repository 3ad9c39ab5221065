#!/bin/sh
# What the bytes of a static binary depend on besides our sources: compiler, linker and libc of each target.
for cc in "$@"; do
  libc=$("$cc" -print-file-name=libc.a)
  echo "$("$cc" -dumpmachine): $("$cc" --version | head -n 1); $("$("$cc" -print-prog-name=ld)" --version | head -n 1); libc.a $(sha256sum "$libc" | cut -c1-16)"
done
