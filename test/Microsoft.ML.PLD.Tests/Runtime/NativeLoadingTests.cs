using System.Diagnostics;

namespace Microsoft.ML.PLD.Tests;

/// <summary>What a fresh process, whose application deploys no libtorch, says and does.</summary>
[TestClass]
public sealed class NativeLoadingTests
{
    private static string _libtorch = "";
    private string _folder = "";

    [ClassInitialize]
    public static void FindLibtorch(TestContext _) => _libtorch = Path.GetDirectoryName(NativeSearch.Find(NativeSearch.Folders(), "torch_cpu"))!;

    [TestInitialize]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("pld-tests-").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public async Task WithoutLibtorchTheMessageNamesPackageVersionVariableAndFolders()
    {
        var (code, output) = await Probe();
        Assert.AreEqual(3, code, output);
        foreach (var part in new[] { NativeSearch.FileName("c10"), "libtorch-cpu-", "2.10.0", "PLD_LIBTORCH", "Microsoft.ML.PLD.Tests.NativeProbe" })
            StringAssert.Contains(output, part);
    }

    [TestMethod]
    public async Task AWrongFolderIsNamedWithTheVariablePackageAndVersion()
    {
        foreach (var wrong in new[] { _folder, Path.Combine(_folder, "missing") })
        {
            var (code, output) = await Probe(("PLD_LIBTORCH", wrong));
            Assert.AreEqual(3, code, output);
            foreach (var part in new[] { "PLD_LIBTORCH", $"'{wrong}'", "libtorch-cpu-", "2.10.0" }) StringAssert.Contains(output, part);
        }
    }

    [TestMethod]
    public async Task ABrokenLibraryIsNamed()
    {
        foreach (var library in new[] { "c10", "torch_cpu", "torch" })
            File.WriteAllText(Path.Combine(_folder, NativeSearch.FileName(library)), "not a library");
        var (code, output) = await Probe(("PLD_LIBTORCH", _folder));
        Assert.AreEqual(3, code, output);
        foreach (var part in new[] { Path.Combine(_folder, NativeSearch.FileName("c10")), "does not load", "2.10.0" }) StringAssert.Contains(output, part);
    }

    [TestMethod]
    public async Task ACopyOfLibtorchElsewhereWorks()
    {
        foreach (var file in Directory.GetFiles(_libtorch))
            File.CreateSymbolicLink(Path.Combine(_folder, Path.GetFileName(file)), file); // 500 MB are not copied
        AssertLoaded(await Probe(("PLD_LIBTORCH", _folder)), _folder);
    }

    [TestMethod]
    public async Task ManyFreshProcessesShareOneEmptyCache()
    {
        var probes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Probe(("PLD_LIBTORCH", _libtorch), ("XDG_CACHE_HOME", _folder))));
        foreach (var probe in probes) AssertLoaded(probe, _libtorch);
        Assert.IsLessThanOrEqualTo(1, Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Length, "one mended library, or none on a new system");
    }

    [TestMethod]
    public async Task WithoutACacheTheTemporaryFolderServesAndIsLeftEmpty()
    {
        var (file, temporary) = (Path.Combine(_folder, "file"), Directory.CreateDirectory(Path.Combine(_folder, "temporary")).FullName);
        File.WriteAllText(file, "not a folder");
        AssertLoaded(await Probe(("PLD_LIBTORCH", _libtorch), ("XDG_CACHE_HOME", file), ("TMPDIR", temporary)), _libtorch);
        Assert.IsEmpty(Directory.GetFiles(temporary, "*.so", SearchOption.AllDirectories));
    }

    [TestMethod]
    public async Task WithNeitherTheMessageNamesBothAndTheCure()
    {
        if (!NeedsMending()) Assert.Inconclusive("This system's libstdc++ is new enough: nothing is mended.");
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "not a folder");
        var (code, output) = await Probe(("PLD_LIBTORCH", _libtorch), ("XDG_CACHE_HOME", file), ("TMPDIR", file));
        Assert.AreEqual(3, code, output);
        foreach (var part in new[] { "libstdc++", Path.Combine(file, "Microsoft.ML.PLD"), "XDG_CACHE_HOME", "TMPDIR" }) StringAssert.Contains(output, part);
    }

    private static void AssertLoaded((int Code, string Output) probe, string libtorch)
    {
        Assert.AreEqual(0, probe.Code, probe.Output);
        StringAssert.Contains(probe.Output, "sum 91"); // 0 + 1 + ... + 13
        StringAssert.Contains(probe.Output, $"libtorch {libtorch}");
    }

    // What was mended is mapped from elsewhere than the deployed original.
    private static bool NeedsMending()
    {
        TorchRuntime.EnsureLoaded();
        return OperatingSystem.IsLinux() && !File.ReadAllText("/proc/self/maps").Contains(NativeSearch.Find(NativeSearch.Folders(), "LibTorchSharp")!, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> Probe(params (string Name, string Value)[] environment)
    {
        // The same place in the output layout, one project on.
        var tests = typeof(NativeLoadingTests).Assembly.GetName().Name!;
        var folder = AppContext.BaseDirectory.Replace($"{Path.DirectorySeparatorChar}{tests}{Path.DirectorySeparatorChar}",
            $"{Path.DirectorySeparatorChar}{tests}.NativeProbe{Path.DirectorySeparatorChar}");
        var start = new ProcessStartInfo("dotnet", [Path.Combine(folder, $"{tests}.NativeProbe.dll")]) { RedirectStandardOutput = true };
        start.Environment.Remove(TorchRuntime.FolderVariable);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }
}
