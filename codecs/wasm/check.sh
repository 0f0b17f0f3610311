#!/bin/sh
# Rebuilds ziggurat.wasm into a scratch folder and holds both the rebuilt and the kept one to every vector. Their bytes are not
# compared: compilers differ, behaviour must not.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$here/build.sh" "$scratch/rebuilt.wasm"
# Apart from echo, which succeeds whatever becomes of what it is given.
rebuilt=$(node "$here/vectors.mjs" "$scratch/rebuilt.wasm")
kept=$(node "$here/vectors.mjs" "$here/ziggurat.wasm")
echo "rebuilt: $rebuilt"
echo "kept:    $kept"
