namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class AtomicFolderTests
{
    private readonly string _parent = Directory.CreateTempSubdirectory("pld-atomic-").FullName;

    private string Folder => Path.Combine(_parent, "folder");

    [TestCleanup]
    public void Delete() => Directory.Delete(_parent, recursive: true);

    [TestMethod]
    public void ItAppearsWholeAndNothingElseStays()
    {
        foreach (var text in new[] { "one", "two" }) // new, and in the place of another
        {
            AtomicFolder.Write(Folder, partial =>
            {
                File.WriteAllText(Path.Combine(partial, "file"), text);
                Assert.AreEqual(text == "two", Directory.Exists(Folder));
            });
            Assert.AreEqual(text, File.ReadAllText(Path.Combine(Folder, "file")));
            Assert.HasCount(1, Directory.GetFileSystemEntries(_parent));
        }
    }

    [TestMethod]
    public void AFailureLeavesWhatWasThere()
    {
        AtomicFolder.Write(Folder, partial => File.WriteAllText(Path.Combine(partial, "file"), "one"));
        Assert.ThrowsExactly<InvalidTimeZoneException>(() => AtomicFolder.Write(Folder, partial =>
        {
            File.WriteAllText(Path.Combine(partial, "file"), "two");
            throw new InvalidTimeZoneException();
        }));
        Assert.AreEqual("one", File.ReadAllText(Path.Combine(Folder, "file")));
        Assert.HasCount(1, Directory.GetFileSystemEntries(_parent));
    }

    [TestMethod]
    public void AFileInItsPlaceIsNotWrittenOver()
    {
        File.WriteAllText(Folder, "precious");
        Assert.Throws<IOException>(() => AtomicFolder.Write(Folder, _ => { }));
        Assert.AreEqual("precious", File.ReadAllText(Folder));
        Assert.HasCount(1, Directory.GetFileSystemEntries(_parent));
    }

    [TestMethod]
    public void DeletingAndRecoveringLeaveNothing()
    {
        AtomicFolder.Write(Folder, partial => File.WriteAllText(Path.Combine(partial, "file"), "one"));
        AtomicFolder.Delete(Folder);
        Assert.IsEmpty(Directory.GetFileSystemEntries(_parent));

        Directory.CreateDirectory(Folder + ".new-x" + AtomicFolder.Unfinished);
        Directory.CreateDirectory(Folder + ".old-y" + AtomicFolder.Unfinished);
        Directory.CreateDirectory(Path.Combine(_parent, "other.old-z" + AtomicFolder.Unfinished));
        AtomicFolder.Recover(_parent);
        CollectionAssert.AreEqual(new[] { "folder" }, Directory.GetFileSystemEntries(_parent).Select(Path.GetFileName).ToArray());
    }
}
