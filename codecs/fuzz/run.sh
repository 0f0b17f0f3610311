#!/bin/sh
# Fuzzes the core under ASAN and UBSAN, and runs the vectors under both with gcc too.
#   run.sh [SECONDS]     a target, 10 by default; 0: only replay. New inputs are kept in $FUZZ_CORPUS, or nowhere. Shards in
#                        $FUZZ_LARGE (large_seeds.py) are seeds as well; without, no input is longer than 8192 bytes.
# Exits with 1 at the first finding; the input is left in $FUZZ_FINDINGS (the present folder by default).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
seconds=${1:-10}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
flags="-std=c99 -g -O1 -fno-omit-frame-pointer -DZGR_NO_CLONES -Wall -Wextra -Werror -I$here/../include -I$here/../src -I$here"
checks="-fsanitize=address,undefined -fno-sanitize-recover=all"
vectors=$here/../vectors

# compile FOLDER COMPILER FLAG...: the core's objects, made once for all targets, two at a time.
compile() {
    mkdir "$1"
    folder=$1
    shift
    # shellcheck disable=SC2086
    printf '%s\n' "$here"/../src/*.c | xargs -P 2 -I{} sh -c 'out=$1/$(basename "$2" .c).o; shift 2; exec "$@" -o "$out"' sh "$folder" {} "$@" $flags $checks -c {}
}

# run_program COMPILER NAME: one that tells by itself whether all is well.
run_program() {
    # shellcheck disable=SC2086
    "$1" $flags $checks "$scratch"/replay/*.o "$here/$2.c" -lm -o "$scratch/$2"
    "$scratch/$2"
}

# replay COMPILER FLAG...: the flags choose kernels, which is done in one file.
replay() {
    # shellcheck disable=SC2086
    "$@" $flags $checks -o "$scratch/replay/kernels_plain.o" -c "$here/../src/kernels_plain.c"
    for target in fuzz_shard fuzz_encode; do
        # shellcheck disable=SC2086
        "$1" $flags -D_POSIX_C_SOURCE=200809L $checks "$scratch"/replay/*.o "$here/$target.c" "$here/replay.c" -lm -o "$scratch/replay_$target"
        # Not within echo: its status would be that of all.
        "$scratch/replay_$target" "$vectors/good" "$vectors/bad" >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
        echo "$* $target: $(tr '\n' ' ' <"$scratch/log")"
    done
    run_program "$1" lane_steps
}

fuzz() { # target seconds
    # shellcheck disable=SC2086
    clang $flags $checks -fsanitize=fuzzer "$scratch"/fuzz/*.o "$here/$1.c" -lm -o "$scratch/$1"
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

compile "$scratch/replay" "${CC:-gcc}"
replay "${CC:-gcc}"
run_program "${CC:-gcc}" sample_widths
# What other processors run, where this one has more.
if grep -q avx512_vbmi2 /proc/cpuinfo 2>/dev/null; then replay "${CC:-gcc}" -DZGR_NO_AVX512; fi
replay "${CC:-gcc}" -DZGR_PLAIN_ONLY
if ! command -v clang >/dev/null; then
    echo "no clang: not fuzzed"
elif [ "$seconds" != 0 ]; then
    compile "$scratch/fuzz" clang -fsanitize=fuzzer-no-link
    fuzz fuzz_shard "$seconds" &
    shard=$!
    fuzz fuzz_encode "$seconds" &
    encode=$!
    wait $shard
    wait $encode
fi
