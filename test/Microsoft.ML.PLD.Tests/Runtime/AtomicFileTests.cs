namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class AtomicFileTests
{
    private string _folder = "";

    [TestInitialize]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("pld-tests-").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void WritesAndReplaces()
    {
        var path = Path.Combine(_folder, "file");
        AtomicFile.Write(path, stream => stream.Write("first"u8));
        AtomicFile.Write(path, stream => stream.Write("2nd"u8));
        Assert.AreEqual("2nd", File.ReadAllText(path));
        Assert.HasCount(1, Directory.GetFiles(_folder));
    }

    [TestMethod]
    public void AFailureLeavesTheOldFileAndNothingElse()
    {
        var path = Path.Combine(_folder, "file");
        File.WriteAllText(path, "old");
        Assert.ThrowsExactly<IOException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[200_000]);
            throw new IOException("No space left on device");
        }));
        Assert.AreEqual("old", File.ReadAllText(path));
        Assert.HasCount(1, Directory.GetFiles(_folder));
    }

    [TestMethod]
    public void NoReaderSeesAHalfWrittenFile()
    {
        var path = Path.Combine(_folder, "file");
        File.WriteAllText(path, "old");
        AtomicFile.Write(path, stream =>
        {
            stream.Write("ne"u8);
            stream.Flush();
            Assert.AreEqual("old", File.ReadAllText(path));
            stream.Write("w"u8);
        });
        Assert.AreEqual("new", File.ReadAllText(path));
    }

    [TestMethod]
    public void AMissingFolderIsNamed() => StringAssert.Contains(
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => AtomicFile.Write(Path.Combine(_folder, "missing", "file"), _ => { })).Message, "missing");
}
