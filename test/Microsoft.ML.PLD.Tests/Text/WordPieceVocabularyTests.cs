using System.Text;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class WordPieceVocabularyTests
{
    private static readonly string BertFile = Path.Combine(ReferenceVectors.Folder, "vocab.txt");

    private static readonly string Special = string.Join('\n', WordPieceVocabulary.SpecialPieces);

    private string _folder = "";

    [TestInitialize]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("pld-vocabulary-").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void KnowsBertsIds()
    {
        var vocabulary = WordPieceVocabulary.FromFile(BertFile);
        Assert.AreEqual(30522, vocabulary.Count);
        Assert.HasCount(30522, vocabulary.Pieces);
        CollectionAssert.AreEqual((int[])[0, 100, 101, 102, 103],
            (int[])[vocabulary.PadId, vocabulary.UnknownId, vocabulary.ClassifyId, vocabulary.SeparatorId, vocabulary.MaskId]);
        CollectionAssert.AreEqual((int[])[0, 100, 101, 102, 103], Enumerable.Range(-1, 30524).Where(vocabulary.IsSpecial).ToArray());
        Assert.IsTrue(vocabulary.TryGetId("##ing", out var id));
        Assert.AreEqual(2075, id);
        Assert.IsTrue(vocabulary.IsContinuation(id));
        Assert.IsFalse(vocabulary.IsContinuation(vocabulary.MaskId));
        Assert.IsFalse(vocabulary.TryGetId("ING", out _));
        Assert.AreEqual("0f052197aac305fe42f378b5c61554b7bacb34b8be4af83fec2cfdcdffbc9973", vocabulary.Sha256);
    }

    [TestMethod]
    public void SavedItIsTheSameFile()
    {
        var vocabulary = WordPieceVocabulary.FromFile(BertFile);
        var path = Path.Combine(_folder, "vocab.txt");
        File.WriteAllText(path, "to be replaced");
        vocabulary.Save(path);
        CollectionAssert.AreEqual(File.ReadAllBytes(BertFile), File.ReadAllBytes(path));
        Assert.HasCount(1, Directory.GetFileSystemEntries(_folder), "Nothing else may stay behind.");
        Assert.AreEqual(vocabulary.Sha256, WordPieceVocabulary.FromFile(path).Sha256);
    }

    [TestMethod]
    public void WindowsLineEndsAByteOrderMarkAndNoLastLineEndMakeNoDifference()
    {
        var expected = Read(Special + "\na\n##b\n");
        Assert.AreEqual(expected.Sha256, Read("\uFEFF" + Special.Replace("\n", "\r\n") + "\r\na\r\n##b").Sha256);
        Assert.AreEqual(7, expected.Count);
    }

    [TestMethod]
    public void AMissingFileIsNamed()
    {
        var path = Path.Combine(_folder, "nothing.txt");
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => WordPieceVocabulary.FromFile(path)).Message, path);
    }

    [TestMethod]
    [DataRow("[PAD]")]
    [DataRow("[UNK]")]
    [DataRow("[CLS]")]
    [DataRow("[SEP]")]
    [DataRow("[MASK]")]
    public void AMissingSpecialPieceIsNamedWithItsFile(string piece) => Refused(Special.Replace(piece, "other"), $"lacks {piece};");

    [TestMethod]
    public void BadLinesAreNamed()
    {
        Refused("", "is empty");
        Refused(Special + "\na\nb\na\n", "'a' twice: in lines 6 and 8");
        Refused(Special + "\n\na\n", "no piece in line 6");
        Refused(Special + "\n##\n", "no piece in line 6");
        Refused(Special + "\n" + new string('x', 513) + "\n", "more than 512 characters in line 6");
        Refused(Special + "\n" + new string('x', 100_000), "more than 512 characters in line 6");
        Refused([.. Encoding.UTF8.GetBytes(Special), (byte)'\n', 0xC3, (byte)'\n'], "is not UTF-8");
    }

    [TestMethod]
    public void BadPiecesAreNamed()
    {
        StringAssert.Contains(Given("\uD800").Message, "half a surrogate pair inside piece 6");
        StringAssert.Contains(Given("a\nb").Message, "line break");
        StringAssert.Contains(Given("[MASK]").Message, "'[MASK]' twice: in lines 5 and 6");

        static InvalidDataException Given(string piece) =>
            Assert.ThrowsExactly<InvalidDataException>(() => WordPieceVocabulary.FromPieces([.. WordPieceVocabulary.SpecialPieces, piece]));
    }

    [TestMethod]
    public void EndlessInputIsRefused()
    {
        IEnumerable<string> endless = Enumerable.Range(0, int.MaxValue).Select(i => i.ToString());
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => WordPieceVocabulary.FromPieces(endless)).Message, "more than 1,048,576 pieces");
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', endless.Take(1_100_000))));
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => WordPieceVocabulary.Load(stream, "'model.zip'")).Message, "'model.zip' has more than 1,048,576 pieces");
    }

    private static WordPieceVocabulary Read(string text)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return WordPieceVocabulary.Load(stream, "given");
    }

    private void Refused(string text, string message) => Refused(Encoding.UTF8.GetBytes(text), message);

    private void Refused(byte[] bytes, string message)
    {
        var path = Path.Combine(_folder, "vocab.txt");
        File.WriteAllBytes(path, bytes);
        var error = Assert.ThrowsExactly<InvalidDataException>(() => WordPieceVocabulary.FromFile(path));
        StringAssert.Contains(error.Message, message);
        StringAssert.Contains(error.Message, path);
    }
}
