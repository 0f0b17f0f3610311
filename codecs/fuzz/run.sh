#!/bin/sh
# Runs the vectors under ASAN and UBSAN, and fuzzes the core under both where there is clang.
#   run.sh [SECONDS]     a target, 10 by default; 0: only replay. New inputs are kept in $FUZZ_CORPUS, or nowhere. Shards in
#                        $FUZZ_LARGE (large_seeds.py) are seeds as well; without, no input is longer than 8192 bytes.
# Exits with 1 at the first finding; the input is left in $FUZZ_FINDINGS (the present folder by default). $CC compiles, clang by default: the kernels
# take either compiler a minute, so both are for who has more of it (make fuzz).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
seconds=${1:-10}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
flags="-std=c99 -g -O1 -fno-omit-frame-pointer -DZGR_NO_CLONES -Wall -Wextra -Werror -I$here/../include -I$here/../src -I$here"
checks="-fsanitize=address,undefined -fno-sanitize-recover=all"
vectors=$here/../vectors
if command -v clang >/dev/null; then clang=clang; else clang=; fi
compiler=${CC:-${clang:-gcc}}
# Objects that are fuzzed later may be replayed as well.
if [ "$compiler" = clang ]; then instrumented=-fsanitize=fuzzer-no-link; else instrumented=; fi

# The core's objects, made once for all programs, two at a time; kernels, which take longest, first.
compile() {
    mkdir "$scratch/core"
    # shellcheck disable=SC2086
    printf '%s\n' "$here"/../src/kernels_*.c "$here"/../src/[!k]*.c | xargs -P 2 -I{} sh -c 'out=$1/$(basename "$2" .c).o; shift 2; exec "$@" -o "$out"' sh "$scratch/core" {} $compiler $flags $checks \
        $instrumented -c {}
}

# link NAME FILE FLAG...: a program of the core and a file of this folder.
link() {
    program=$scratch/$1
    source=$2
    shift 2
    # shellcheck disable=SC2086
    $compiler $flags $checks $instrumented "$@" "$scratch"/core/*.o "$here/$source" -lm -o "$program"
}

# replay FLAG...: the flags choose kernels, which is done in one file.
replay() {
    # shellcheck disable=SC2086
    $compiler $flags $checks $instrumented "$@" -o "$scratch/core/kernels_plain.o" -c "$here/../src/kernels_plain.c"
    for target in fuzz_shard fuzz_encode; do
        link "replay_$target" "$target.c" -D_POSIX_C_SOURCE=200809L "$here/replay.c"
        # Not within echo: its status would be that of all.
        "$scratch/replay_$target" "$vectors/good" "$vectors/bad" >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
        echo "$compiler $* $target: $(tr '\n' ' ' <"$scratch/log")"
    done
}

fuzz() { # target seconds
    # shellcheck disable=SC2086
    clang $flags $checks -fsanitize=fuzzer "$scratch"/core/*.o "$here/$1.c" -lm -o "$scratch/$1"
    corpus=${FUZZ_CORPUS:-$scratch/corpus}/$1
    mkdir -p "$corpus"
    python3 "$here/seeds.py" "$corpus"
    lengths="-max_len=8192"
    if [ "$1" = fuzz_shard ] && [ -n "${FUZZ_LARGE:-}" ]; then
        cp "$FUZZ_LARGE"/* "$corpus"
        lengths="-max_len=1000000 -len_control=0"
    fi
    # shellcheck disable=SC2086
    "$scratch/$1" "$corpus" -max_total_time="$2" $lengths -timeout=10 -rss_limit_mb=2048 -seed="${FUZZ_SEED:-1}" \
        -artifact_prefix="${FUZZ_FINDINGS:-.}/" -print_final_stats=1 2>"$scratch/$1.log" || { tail -60 "$scratch/$1.log"; exit 1; }
    echo "$1: $(grep -E 'stat::number_of_executed_units|stat::bytes_of_input|DONE' "$scratch/$1.log" | tr '\n' ' ')"
}

compile
replay
link lane_steps lane_steps.c
link sample_widths sample_widths.c
# These tell by themselves whether all is well. They take half a minute of one processor, and what follows leaves one.
"$scratch/lane_steps" & lanes=$!
"$scratch/sample_widths" & widths=$!
cp "$scratch/core/kernels_plain.o" "$scratch/kernels_plain.o"
# What other processors run, where this one has more.
if grep -q avx512_vbmi2 /proc/cpuinfo 2>/dev/null; then replay -DZGR_NO_AVX512; fi
replay -DZGR_PLAIN_ONLY
link lane_steps_plain lane_steps.c
"$scratch/lane_steps_plain"
wait $lanes
wait $widths
cp "$scratch/kernels_plain.o" "$scratch/core/kernels_plain.o"
if [ "$compiler" != clang ]; then
    echo "compiled by $compiler: not fuzzed"
elif [ "$seconds" != 0 ]; then
    fuzz fuzz_shard "$seconds" & shard=$!
    fuzz fuzz_encode "$seconds" & encode=$!
    wait $shard
    wait $encode
fi
