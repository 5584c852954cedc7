#!/usr/bin/env bash
# Does to trainings and files what goes wrong in the world: kills, signals, damaged checkpoints, hostile files, full disks. See docs/reliability.md.
# build/reliability.sh [--short]: the last line is a JSON object with the figures. Needs the .NET 10 SDK; full disks are tried on Linux as root only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
project=test/Microsoft.ML.PLD.FaultTests
dotnet build "$project" -c Release -v quiet -nologo
exec dotnet run -c Release --no-build --project "$project" -- all "$@"
