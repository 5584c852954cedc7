#!/usr/bin/env bash
# Makes the NuGet packages of src/ and their symbols: build/pack.sh [FOLDER], by default artifacts/packages. Other packages and versions that are there stay.
# To publish, set RepositoryUrl=https://... in the environment: the packages then say where their sources are.
set -euo pipefail
folder=${1:-$(dirname "${BASH_SOURCE[0]}")/../artifacts/packages}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What was once built without CI=true has this machine's paths in it, and the compiler would not notice: all is built again.
export CI=true
dotnet build src/Microsoft.ML.PLD.Models.Mini -c Release --no-incremental # and the library, which it refers to
for project in src/*/; do
    version=$(dotnet msbuild "$project" -getProperty:PackageVersion)
    rm -f "$folder/$(basename "$project").$version".{nupkg,snupkg} # if packing fails, there is none
    dotnet pack "$project" -c Release --no-build -o "$folder"
done
