#!/usr/bin/env bash
# Runs the benchmark project on a machine that has PyTorch but no .NET: the library borrows the libtorch of the Python installation.
#
#   build/gpu-bench.sh pack FILE.tar.gz          here: everything that the other machine needs, without libtorch
#   build/gpu-bench.sh run FILE.tar.gz OUT       there: the suites, as JSON files in OUT
#
# PLD_LIBTORCH names another folder with libtorch than Python's. SUITES names the suites, one a line; default: those below.
set -euo pipefail

pack() {
    local file work
    file=$(realpath -m "$1")
    work=$(mktemp -d)
    trap "rm -rf '$work'" EXIT # with its value: the variable is gone by then
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    dotnet publish test/Microsoft.ML.PLD.Benchmarks -c Release -r linux-x64 --self-contained -o "$work/benchmarks" >&2
    # libtorch comes from the other machine; LibTorchSharp, which is TorchSharp's own, must come along.
    find "$work/benchmarks" -name '*.so*' | grep -E '/(libtorch|libtorch_[a-z]+|libc10[a-z_]*|libgomp[^/]*|libmkl[^/]*|libiomp[^/]*|libcud[^/]*|libnv[^/]*)\.so' | xargs -r rm
    tar -C "$work" -czf "$file" benchmarks
    du -h "$file" >&2
}

run() {
    local file=$1 out work
    out=$(realpath -m "$2")
    work=$(mktemp -d)
    trap "rm -rf '$work'" EXIT # with its value: the variable is gone by then
    mkdir -p "$out"
    tar -C "$work" -xzf "$file"
    if [ -z "${PLD_LIBTORCH:-}" ]; then
        PLD_LIBTORCH=$(python3 -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))')
        export PLD_LIBTORCH
    fi
    echo "libtorch from $PLD_LIBTORCH"
    (nvidia-smi || true) >"$out/nvidia-smi.txt" 2>&1
    local number=0 suite
    while read -r suite; do
        [ -n "$suite" ] || continue
        number=$((number + 1))
        echo "== $suite"
        # shellcheck disable=SC2086
        timeout 540 "$work/benchmarks/Microsoft.ML.PLD.Benchmarks" $suite --json "$out/$number-${suite%% *}.json" >"$out/$number-${suite%% *}.txt" 2>&1 ||
            echo "failed ($?): see $out/$number-${suite%% *}.txt"
    done <<<"${SUITES:-peak
step --preset base --vocabulary 30522 --batch 64 --dropout 0.1 --arms bfloat16 pytorch-bfloat16 pytorch-masked
step --preset large --vocabulary 30522 --batch 32 --dropout 0.1 --arms bfloat16 pytorch-bfloat16
score
memory}"
}

case "${1:-}" in
    pack) pack "${2:?the file to write}" ;;
    run) run "${2:?the file of pack}" "${3:?the folder for results}" ;;
    *) sed -n '2,8p' "${BASH_SOURCE[0]}" && exit 1 ;;
esac
