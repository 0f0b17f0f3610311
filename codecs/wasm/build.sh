#!/bin/sh
# Builds ziggurat.wasm with clang, or with ziglang from PyPI where clang has no linker for WebAssembly.
#   build.sh [OUT]
# ZIGGURAT_TABLES: a file in place of src/tables.c, as in codecs/CMakeLists.txt.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/ziggurat.wasm}
python=${PYTHON:-python3}

if [ -n "${WASM_CC:-}" ]; then cc=$WASM_CC
elif command -v clang >/dev/null && command -v wasm-ld >/dev/null; then cc=clang
else cc="$python -m ziglang cc"
fi
case $cc in *zig*) target=wasm32-freestanding ;; *) target=wasm32 ;; esac

sources=$(ls "$here"/../src/*.c | grep -v -e /encoder.c -e /measure.c -e /survey.c -e /entropy_encode.c -e /choice.c -e /kernels_avx2.c -e /tables.c)
sources="$sources ${ZIGGURAT_TABLES:-$here/../src/tables.c}"
# shellcheck disable=SC2086
$cc --target=$target -std=c99 -O3 -flto -ffreestanding -fno-builtin -nostdlib -mbulk-memory -msimd128 -fvisibility=hidden \
    -Wall -Wextra -Werror -I"$here/../include" -I"$here/../src" $sources "$here"/heap.c "$here"/exports.c \
    -Wl,--no-entry,--strip-all,--gc-sections,--initial-memory=1048576,--max-memory=1073741824,-z,stack-size=65536 -o "$out"
