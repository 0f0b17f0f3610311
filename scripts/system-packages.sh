#!/usr/bin/env bash
# Installs the system packages that tests need and that are missing: a browser to see the viewer with, clang for the
# fuzz targets, the linker and the optimiser for WebAssembly, and a web server to read images from.
# Says what to install by hand where it cannot.
set -euo pipefail

declare -A package_of=([chromium]=chromium [clang]=clang [wasm-ld]=lld [wasm-opt]=binaryen [nginx]=nginx)
missing=()
PATH=$PATH:/usr/sbin
for program in "${!package_of[@]}"; do
  command -v "$program" >/dev/null || missing+=("${package_of[$program]}")
done
# clang's sanitizers are a package of their own.
if ! compgen -G '/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*' >/dev/null; then
  missing+=(libclang-rt-14-dev)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
  echo "The tests need ${missing[*]}, which this script cannot install here." >&2
  echo "On Debian or Ubuntu, as root: apt-get update && apt-get install ${missing[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
