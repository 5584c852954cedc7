namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class HostileVocabularyTests
{
    public static IEnumerable<object[]> Vocabularies => HostileFile.Of("vocab.txt");

    // A piece is a string in an array and in a dictionary: 26 times the shortest line, and what is refused must not cost more.
    [TestMethod]
    [DynamicData(nameof(Vocabularies))]
    public void VocabulariesAreRefusedAtLittleCost(string name) =>
        HostileFile.AssertRefused(HostileFile.Read("vocab.txt", name), file => WordPieceVocabulary.Load(new MemoryStream(file), "'hostile'"), factor: name == "empty-lines" ? 4 : 26);
}
