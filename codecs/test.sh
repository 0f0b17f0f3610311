#!/bin/sh
# The core alone, in about a minute: vectors and fuzz targets under ASAN and UBSAN, then WebAssembly rebuilt and held to the vectors.
#   test.sh [SECONDS a fuzz target, 10 by default]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/fuzz/run.sh" "${1:-10}"
"$here/wasm/check.sh"
