#!/usr/bin/env bash
# Uses the packages as someone new would: build/package-test.sh [FOLDER], with those that build/pack.sh has put there, by default artifacts/packages.
# In an empty folder and with a package cache of its own: the program of the package's README trains, saves, loads and predicts; again in a fresh process; published elsewhere;
# and the model reaches an application through a library. Packages of others come from where they have been restored already, or from this machine's sources.
set -euo pipefail
folder=$(cd "${1:-$(dirname "${BASH_SOURCE[0]}")/../artifacts/packages}" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."
libtorch_version=$(sed -n 's/.*"libtorch-cpu-linux-x64" Version="\([^"]*\)".*/\1/p' Directory.Packages.props)
case $(uname) in
    Linux) libtorch=libtorch-cpu-linux-x64 ;;
    Darwin) libtorch=libtorch-cpu-osx-arm64 ;;
    *) libtorch=libtorch-cpu-win-x64 ;;
esac
version=$(dotnet msbuild src/Microsoft.ML.PLD -getProperty:PackageVersion) # others may be beside it
fail() { echo "FAILED: $1"; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
restored=$(dotnet nuget locals global-packages --list | sed 's/^[^:]*: //')
export NUGET_PACKAGES=$work/cache
cd "$work"
# All but our own, which may be older ones.
mkdir restored
for package in "$restored"/*; do
    [[ $(basename "$package") = microsoft.ml.pld* ]] || ln -s "$package" restored/
done
cat >NuGet.config <<XML
<configuration>
  <packageSources>
    <add key="packed" value="$folder" />
  </packageSources>
  <fallbackPackageFolders>
    <add key="restored" value="$work/restored" />
  </fallbackPackageFolders>
</configuration>
XML

# add PROJECT PACKAGE VERSION
add() { dotnet add "$1" package "$2" --version "$3" --no-restore >add.log || { cat add.log; fail "dotnet add package $2"; }; }

# predict PROGRAM: runs it, and keeps its last line in $predicted
predict() {
    dotnet "$1" >predicted.log || { cat predicted.log; fail "the program has failed"; }
    cat predicted.log
    predicted=$(tail -n 1 predicted.log)
}

echo "== the program of the README"
dotnet new console -o Try --framework net10.0 --no-restore
add Try Microsoft.ML.PLD "$version"
add Try Microsoft.ML.PLD.Models.Mini "$version"
add Try $libtorch "$libtorch_version"
dotnet restore Try
for package in Microsoft.ML.PLD Microsoft.ML.PLD.Models.Mini; do
    lower=$(tr '[:upper:]' '[:lower:]' <<<"$package")
    cmp "cache/$lower/$version/$lower.$version.nupkg" "$folder/$package.$version.nupkg" || fail "$package is not the one in $folder"
done
sed -n '/^```csharp/,/^```$/{p;/^```$/q}' "cache/microsoft.ml.pld/$version/README.md" | sed '/^```/d' >Try/Program.cs
# libtorch's 500 MB are linked, not copied.
dotnet build Try -c Release --no-restore -p:CreateHardLinksForCopyLocalIfPossible=true
mkdir first elsewhere
cd first
predict ../Try/bin/Release/net10.0/Try.dll
first=$predicted
[ -s model.zip ] || fail "there is no model.zip"
[[ $first = card:* ]] || fail "expected 'card: ...'"

echo "== a fresh process loads the model"
rm -r ../Try/bin/Release/net10.0/models # which needs no other
predict ../Try/bin/Release/net10.0/Try.dll
[ "$predicted" = "$first" ] || fail "expected '$first'"
cd ..

echo "== published"
dotnet publish Try -c Release --no-restore -o published -p:CreateHardLinksForCopyLocalIfPossible=true -p:CreateHardLinksForPublishFilesIfPossible=true
cd elsewhere
predict ../published/Try.dll
[ "$predicted" = "$first" ] || fail "expected '$first'"
cd ..

echo "== through a library"
dotnet new classlib -o Library --framework net10.0 --no-restore
add Library Microsoft.ML.PLD.Models.Mini "$version"
dotnet new console -o Through --framework net10.0 --no-restore
dotnet add Through reference Library
dotnet publish Through -c Release
for output in Through/bin/Release/net10.0 Through/bin/Release/net10.0/publish; do
    diff -r "cache/microsoft.ml.pld.models.mini/$version/models/pld-bert-mini" "$output/models/pld-bert-mini" || fail "the model is not in $output"
done
echo "The packages $version work."
