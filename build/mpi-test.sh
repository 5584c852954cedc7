#!/usr/bin/env bash
# Trains on several ranks with every MPI that is installed, and compares with one process. Installs nothing.
# build/mpi-test.sh [--short] [--kills N] [--hangs N]: the last line is a JSON object with the figures. Without --short the bytes are those of BERT-base, which takes 5 GB of memory.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
project=test/Microsoft.ML.PLD.FaultTests
dotnet build "$project" -c Release -v quiet -nologo
exec dotnet run -c Release --no-build --project "$project" -- mpi "$@"
