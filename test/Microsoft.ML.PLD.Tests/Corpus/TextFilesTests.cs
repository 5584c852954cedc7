using System.IO.Compression;
using System.Text;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class TextFilesTests
{
    private readonly CorpusFolder _folder = new();

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    [TestMethod]
    [DataRow("a.txt")]
    [DataRow("a.txt.br")]
    [DataRow("a.txt.gz")]
    [DataRow("A.TXT.GZ")]
    public void EachKindOfFileIsRead(string name)
    {
        Write(name, "Grüße\r\n\nlast line");
        CollectionAssert.AreEqual(new[] { "Grüße", "", "last line", null }, Lines(_folder.File(name)));
    }

    [TestMethod]
    public void FoldersAreReadInOrdinalOrderAndPathsInTheirs()
    {
        Write("b.txt", "b\n");
        Write("B.txt", "B");
        Write("a.txt.br", "a");
        Write("notes.md", "not text");
        Directory.CreateDirectory(_folder.File("deeper"));
        Write("deeper/c.txt.gz", "c");
        CollectionAssert.AreEqual(new[] { "B", null, "a", null, "b", null, "c", null }, Lines(_folder.Path));
        CollectionAssert.AreEqual(new[] { "b", null, "c", null }, Lines(_folder.File("b.txt"), _folder.File("deeper")));
    }

    [TestMethod]
    public void MarksOfByteOrderAreNotText()
    {
        File.WriteAllText(_folder.File("8.txt"), "äöü", new UTF8Encoding(true));
        File.WriteAllText(_folder.File("9.txt"), "äöü", Encoding.Unicode);
        CollectionAssert.AreEqual(new[] { "äöü", null, "äöü", null }, Lines(_folder.Path));
    }

    [TestMethod]
    public void AnEmptyFileIsOneEndOfADocument()
    {
        Write("a.txt", "");
        CollectionAssert.AreEqual(new string?[] { null }, Lines(_folder.Path));
    }

    [TestMethod]
    public void LinesWithoutEndComeInParts()
    {
        Write("long.txt.br", string.Concat(Enumerable.Repeat("word ", 500_000)));
        var lines = Lines(_folder.Path);
        Assert.IsTrue(lines.All(line => line is null || line.Length <= TextFiles.LongestLine + (1 << 14)));
        Assert.AreEqual(500_000, lines.Sum(line => line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).Count(word => word == "word") ?? 0));
    }

    [TestMethod]
    public void PartsDoNotCutACharacterInTwo()
    {
        Write("long.txt", "x" + string.Concat(Enumerable.Repeat("😀", 1_500_000)));
        foreach (var line in Lines(_folder.Path)) Assert.IsFalse(line is { Length: > 0 } && (char.IsHighSurrogate(line[^1]) || char.IsLowSurrogate(line[0])));
    }

    [TestMethod]
    public void AMissingPathIsNamedAtOnce()
    {
        var path = _folder.File("none.txt");
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => TextFiles.Lines([path])).Message, path);
    }

    [TestMethod]
    public void AFolderWithoutTextIsNamed()
    {
        Write("readme.md", "x");
        var failure = Assert.ThrowsExactly<InvalidDataException>(() => TextFiles.Lines([_folder.Path]));
        StringAssert.Contains(failure.Message, $"'{_folder.Path}' holds no text file: expected .txt, .txt.br or .txt.gz");
    }

    [TestMethod]
    public void AnUnknownKindIsNamed()
    {
        Write("book.pdf", "x");
        var failure = Assert.ThrowsExactly<InvalidDataException>(() => TextFiles.Lines([_folder.File("book.pdf")]));
        StringAssert.Contains(failure.Message, "book.pdf' is of an unknown kind");
    }

    [TestMethod]
    public void GZipFilesMayHaveSeveralMembers()
    {
        Write("a.txt.gz", "one\ntwo");
        var member = File.ReadAllBytes(_folder.File("a.txt.gz"));
        File.WriteAllBytes(_folder.File("a.txt.gz"), [.. member, .. member]);
        CollectionAssert.AreEqual(new[] { "one", "twoone", "two", null }, Lines(_folder.Path));
    }

    [TestMethod]
    public void TextThatIsNotUtf8IsNamed()
    {
        File.WriteAllBytes(_folder.File("latin.txt"), Encoding.Latin1.GetBytes("plain, then Grüße"));
        AssertRefused("latin.txt", "is not UTF-8");
    }

    [TestMethod]
    [DataRow("a.txt.br")]
    [DataRow("a.txt.gz")]
    public void DamagedCompressionIsNamed(string name)
    {
        var random = new Random(1);
        Write(name, string.Concat(Enumerable.Range(0, 20_000).Select(_ => (char)('a' + random.Next(26)))));
        var whole = File.ReadAllBytes(_folder.File(name));

        foreach (var length in new[] { whole.Length - 1, whole.Length - 2, whole.Length / 2, 20, 1 })
        {
            File.WriteAllBytes(_folder.File(name), whole[..length]);
            AssertRefused(name, "may be damaged");
        }

        File.WriteAllBytes(_folder.File(name), [.. Enumerable.Repeat((byte)0xff, 100)]);
        AssertRefused(name, "may be damaged");
    }

    [TestMethod]
    [DataRow("a.txt.br")]
    [DataRow("a.txt.gz")]
    public void FlippedBitsAreRefusedOrRead(string name)
    {
        Write(name, string.Concat(Enumerable.Range(0, 300).Select(i => $"line {i * i}\n")));
        var whole = File.ReadAllBytes(_folder.File(name));
        for (var bit = 0; bit < whole.Length * 8; bit += 3)
        {
            var flipped = whole.ToArray();
            flipped[bit / 8] ^= (byte)(1 << bit % 8);
            File.WriteAllBytes(_folder.File(name), flipped);
            try
            {
                Lines(_folder.Path);
            }
            catch (InvalidDataException failure)
            {
                StringAssert.Contains(failure.Message, _folder.File(name));
            }
        }
    }

    private void AssertRefused(string name, string expected)
    {
        var failure = Assert.ThrowsExactly<InvalidDataException>(() => Lines(_folder.File(name)));
        StringAssert.Contains(failure.Message, _folder.File(name));
        StringAssert.Contains(failure.Message, expected);
    }

    private static List<string?> Lines(params string[] paths) => [.. TextFiles.Lines(paths)];

    private void Write(string name, string text)
    {
        using var file = File.Create(_folder.File(name));
        using Stream stream = Path.GetExtension(name).ToLowerInvariant() switch
        {
            ".br" => new BrotliStream(file, CompressionLevel.Fastest),
            ".gz" => new GZipStream(file, CompressionLevel.Fastest),
            _ => file,
        };
        stream.Write(Encoding.UTF8.GetBytes(text));
    }
}
