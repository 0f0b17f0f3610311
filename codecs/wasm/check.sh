#!/bin/sh
# Rebuilds both WebAssembly files into a scratch folder and holds the rebuilt and the kept ones to every vector. Their bytes are not
# compared: compilers differ, behaviour must not.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$here/build.sh" "$scratch"
# check NAME [means]: apart from echo, which succeeds whatever becomes of what it is given.
check() {
    rebuilt=$(node "$here/vectors.mjs" "$scratch/$1.wasm" ${2:+"$2"})
    kept=$(node "$here/vectors.mjs" "$here/$1.wasm" ${2:+"$2"})
    echo "$1, rebuilt: $rebuilt"
    echo "$1, kept:    $kept"
}
check ziggurat
check ziggurat-means means
