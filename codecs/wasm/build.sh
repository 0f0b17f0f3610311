#!/bin/sh
# Builds ziggurat.wasm, and ziggurat-means.wasm of the same source, with clang, or with ziglang from PyPI where clang has no linker for WebAssembly.
#   build.sh [FOLDER]
# ZIGGURAT_TABLES: a file in place of src/tables.c, as in codecs/CMakeLists.txt.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here}
python=${PYTHON:-python3}

if [ -n "${WASM_CC:-}" ]; then cc=$WASM_CC
elif command -v clang >/dev/null && command -v wasm-ld >/dev/null; then cc=clang
else cc="$python -m ziglang cc"
fi
# Nothing lies below --global-base, which wasm-opt may count on; zig has the stack there.
case $cc in
*zig*) target=wasm32-freestanding base='' low='' ;;
*) target=wasm32 base=--global-base=1024, low=--low-memory-unused ;;
esac

sources=$(ls "$here"/../src/*.c | grep -v -e /encoder.c -e /forward.c -e /transform.c -e /fewencode.c -e /measure -e /magnitudes.c -e /window.c -e /survey.c -e /entropy_encode -e /choice.c -e /background.c -e /filterchoice.c -e '/chain\.c$' -e /kernels_avx2.c -e /kernels_avx512.c -e /tables.c)
# Small, since it is sent before the first picture; the loops over coefficients and colours less so. (floatmap.c is smaller by brotli so.) What goes
# through single pixels is in the file that comes later, and makes others wait.
flags="--target=$target -std=c99 -flto -ffreestanding -fno-builtin -nostdlib -mbulk-memory -msimd128 -fvisibility=hidden"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$python" "$here/differences.py" "${ZIGGURAT_TABLES:-$here/../src/tables.c}" "$scratch/tables.c"

# build OUT [FLAG...]
build() {
    out=$1
    shift
    for source in $sources "$scratch/tables.c" "$here"/heap.c "$here"/prepare.c "$here"/exports.c; do
        case $source in
        */fewlevel.c | */labels.c | */floatpixels.c) optimize=-O3 ;;
        */kernels_plain.c | */colour.c | */floatmap.c) optimize=-Os ;;
        *) optimize=-Oz ;;
        esac
        # shellcheck disable=SC2086
        $cc $flags $optimize "$@" -Wall -Wextra -Werror -I"$here/../include" -I"$here/../src" -c "$source" -o "$scratch/$(basename "$source" .c).o"
    done
    # shellcheck disable=SC2086
    $cc $flags "$scratch"/*.o \
        -Wl,--no-entry,--strip-all,--gc-sections,${base}--initial-memory=1048576,--max-memory=1073741824,-z,stack-size=65536 -o "$scratch/linked.wasm"
    # Smaller, as it is sent too, and as fast. Memory is new.
    if command -v wasm-opt >/dev/null; then
        # shellcheck disable=SC2086
        wasm-opt --enable-simd --enable-bulk-memory --enable-sign-ext --enable-mutable-globals --enable-nontrapping-float-to-int \
            --zero-filled-memory $low -O3 -Oz "$scratch/linked.wasm" -o "$out"
    else
        echo "no wasm-opt (Debian's binaryen): $out is larger than it could be" >&2
        cp "$scratch/linked.wasm" "$out"
    fi
}

build "$folder/ziggurat.wasm"
build "$folder/ziggurat-means.wasm" -DZGR_ONLY_MEANS
