using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class WordPieceTokenizerTests
{
    private static readonly WordPieceTokenizer Bert = ReferenceVectors.BertBaseUncased;

    [TestMethod]
    [DataRow("single.jsonl", 54)]
    [DataRow("pair.jsonl", 15)]
    [DataRow("pair64.jsonl", 15)]
    public void EqualsTheReferenceOnTheVectorsHere(string file, int count)
    {
        var vectors = ReferenceVectors.Read(Path.Combine(ReferenceVectors.Folder, file));
        Assert.HasCount(count, vectors);
        foreach (var vector in vectors) ReferenceVectors.AreEqual(vector);
    }

    [TestMethod]
    public void EqualsTheReferenceOnAllVectors()
    {
        if (ReferenceVectors.SharedData is null) Assert.Inconclusive("There is no shared/data/fixtures/tokenizer above the tests' folder.");
        var files = Directory.GetFiles(Path.Combine(ReferenceVectors.SharedData, "fixtures", "tokenizer"), "*.jsonl");
        Assert.HasCount(3, files);
        foreach (var vector in files.SelectMany(ReferenceVectors.Read)) ReferenceVectors.AreEqual(vector);
    }
}
