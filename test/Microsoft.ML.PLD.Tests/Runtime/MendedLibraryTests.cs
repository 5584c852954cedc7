namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class MendedLibraryTests
{
    private static readonly byte[] Contents = [.. Enumerable.Range(0, 100_003).Select(i => (byte)(i * 31))];
    private string _folder = "";

    [TestInitialize]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("pld-tests-").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void StoredOnceInAFolderOfItsOwnUser()
    {
        var path = MendedLibrary.Store(Contents, "lib.so", _folder);
        var written = File.GetLastWriteTimeUtc(path);

        Assert.AreEqual(path, MendedLibrary.Store(Contents, "lib.so", _folder));

        Assert.AreEqual(written, File.GetLastWriteTimeUtc(path));
        CollectionAssert.AreEqual(Contents, File.ReadAllBytes(path));
        Assert.AreEqual("lib.so", Path.GetFileName(path), "glibc finds it by this name");
        if (!OperatingSystem.IsWindows())
            Assert.AreEqual(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(path)!));
    }

    [TestMethod]
    public void OtherContentsHaveAnotherPath() =>
        Assert.AreNotEqual(MendedLibrary.Store([1], "lib.so", _folder), MendedLibrary.Store([2], "lib.so", _folder));

    [TestMethod]
    public void AnAlteredOrTruncatedFileIsRewritten()
    {
        var path = MendedLibrary.Store(Contents, "lib.so", _folder);
        byte[][] damages = [[], Contents[..5000], [.. Contents[..^1], 99], [.. Contents, 0]];
        foreach (var damage in damages)
        {
            File.WriteAllBytes(path, damage);
            Assert.AreEqual(path, MendedLibrary.Store(Contents, "lib.so", _folder));
            CollectionAssert.AreEqual(Contents, File.ReadAllBytes(path));
        }
        Assert.HasCount(1, Directory.GetFiles(Path.GetDirectoryName(path)!), "no partial files are left");
    }

    [TestMethod]
    public void ManyThreadsMayStoreAtOnce()
    {
        var paths = new string[16];
        Parallel.For(0, paths.Length, new ParallelOptions { MaxDegreeOfParallelism = paths.Length }, i =>
        {
            paths[i] = MendedLibrary.Store(Contents, "lib.so", _folder);
            CollectionAssert.AreEqual(Contents, File.ReadAllBytes(paths[i]));
        });
        Assert.HasCount(1, paths.Distinct());
        Assert.HasCount(1, Directory.GetFiles(Path.GetDirectoryName(paths[0])!));
    }

    [TestMethod]
    public void WithoutACacheATemporaryFileIsLoadedAndDeleted()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "not a folder");
        string? loaded = null;

        MendedLibrary.Load(Contents, "lib.so", Path.Combine(file, "cache"), path =>
        {
            CollectionAssert.AreEqual(Contents, File.ReadAllBytes(path));
            loaded = path;
        });

        StringAssert.StartsWith(loaded, Path.GetTempPath());
        Assert.IsFalse(Directory.Exists(Path.GetDirectoryName(Path.GetDirectoryName(loaded))));
    }

    [TestMethod]
    public void AFolderThatForbidsExecutionIsPassedOver()
    {
        var tried = new List<string>();
        MendedLibrary.Load(Contents, "lib.so", _folder, path =>
        {
            tried.Add(path);
            if (tried.Count == 1) throw new DllNotFoundException($"{path}: failed to map segment from shared object");
        });
        Assert.HasCount(2, tried);
        StringAssert.StartsWith(tried[0], _folder);
    }

    [TestMethod]
    public void AnythingElseThatFailsIsReportedAsItIs()
    {
        var failure = Assert.ThrowsExactly<DllNotFoundException>(() =>
            MendedLibrary.Load(Contents, "lib.so", _folder, _ => throw new DllNotFoundException("undefined symbol: xyz")));
        Assert.AreEqual("undefined symbol: xyz", failure.Message);
    }

    [TestMethod]
    [DataRow("GLIBCXX_3.4.32", "GLIBCXX_3.4.30")]
    [DataRow("GLIBCXX_3.4.30", "GLIBCXX_3.4.29")]
    public void MendedTheRealLibraryDemandsNothingNewer(string missing, string newest)
    {
        if (!OperatingSystem.IsLinux()) Assert.Inconclusive("Mending is for Linux.");
        var failure = new DllNotFoundException($"/lib/x86_64-linux-gnu/libstdc++.so.6: version `{missing}' not found");
        Assert.AreEqual(missing, MendedLibrary.MissingVersion(failure));

        var mended = MendedLibrary.Mend(File.ReadAllBytes(NativeSearch.Find(NativeSearch.Folders(), "LibTorchSharp")!), missing);

        string[] demanded = [.. new[] { "GLIBCXX_3.4.29", "GLIBCXX_3.4.30", "GLIBCXX_3.4.31", "GLIBCXX_3.4.32", "GLIBCXX_3.4.33" }
            .Where(version => VersionNeeds.Replace(mended, version, version) is not null)];
        Assert.AreEqual(newest, demanded[^1]);
    }

    [TestMethod]
    public void OtherFailuresAreNotMended()
    {
        Assert.IsNull(MendedLibrary.MissingVersion(new DllNotFoundException("version `GLIBC_2.38' not found")));
        Assert.IsNull(MendedLibrary.Mend([1, 2, 3], "GLIBCXX_3.4.32"));
        Assert.IsNull(MendedLibrary.Mend([1, 2, 3], "GLIBCXX_3.4.30"));
    }
}
