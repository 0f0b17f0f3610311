#!/bin/sh
# Rebuilds ziggurat.wasm into a scratch folder and holds both the rebuilt and the kept one to every vector. Their bytes are not
# compared: compilers differ, behaviour must not.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$here/build.sh" "$scratch/rebuilt.wasm"
for kind in rebuilt kept; do
    case $kind in rebuilt) wasm=$scratch/rebuilt.wasm ;; kept) wasm=$here/ziggurat.wasm ;; esac
    found=$(node "$here/vectors.mjs" "$wasm") # apart from echo, which succeeds whatever becomes of it
    echo "$kind: $found"
done
