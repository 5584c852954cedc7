#!/usr/bin/env bash
# Fuzzes a parser of files of strangers with AFL++, which follows the code that each input reaches.
# build/fuzz.sh TARGET [SECONDS]: 10 minutes without SECONDS. Targets: "dotnet run -c Release --project test/Microsoft.ML.PLD.FaultTests -- fuzz --help".
# Needs the .NET 10 SDK and AFL++ (Debian, Ubuntu: afl++). Exit code 1: an input was found that a parser should not take so; 2: something is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${1:?usage: build/fuzz.sh TARGET [SECONDS]} seconds=${2:-600}
command -v afl-fuzz >/dev/null || { echo "The command 'afl-fuzz' was not found. Install AFL++ (Debian, Ubuntu: apt-get install afl++)."; exit 2; }

work=artifacts/fuzz
program=$work/program/Microsoft.ML.PLD.FaultTests.dll
version=$(sed -nE 's/.*Include="SharpFuzz" Version="([^"]+)".*/\1/p' Directory.Packages.props)
rm -f $work/program/Microsoft.ML.PLD.dll # that of the last time is instrumented
dotnet publish test/Microsoft.ML.PLD.FaultTests -c Release -o $work/program -v quiet -nologo -p:CreateHardLinksForPublishFilesIfPossible=true
rm -rf "${work:?}/$target"
dotnet $program fuzz-seeds "$target" "$work/$target/seeds"
[ -x $work/tool/sharpfuzz ] || dotnet tool install SharpFuzz.CommandLine --version "$version" --tool-path $work/tool
# A copy of its own: what was published may be a link to what was built.
cp $work/program/Microsoft.ML.PLD.dll $work/plain.dll && rm $work/program/Microsoft.ML.PLD.dll && mv $work/plain.dll $work/program/Microsoft.ML.PLD.dll
$work/tool/sharpfuzz $work/program/Microsoft.ML.PLD.dll

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_FORKSRV_INIT_TMOUT=60000
export DOTNET_GCHeapHardLimit=0x40000000 DOTNET_TieredPGO=0 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 PLD_DEVICE=cpu
afl-fuzz -i "$work/$target/seeds" -o "$work/$target/found" -t 5000 -m none -V "$seconds" -- dotnet $program fuzz-afl "$target" "$folder" >"$work/$target/log" 2>&1 ||
    { tail -40 "$work/$target/log"; exit 2; }
grep -E '^(execs_done|execs_per_sec|corpus_count|saved_crashes|saved_hangs|bitmap_cvg)' "$work/$target/found/default/fuzzer_stats"
[ -z "$(find "$work/$target/found/default/crashes" "$work/$target/found/default/hangs" -name 'id*')" ] || { echo "See $work/$target/found/default/crashes and hangs."; exit 1; }
