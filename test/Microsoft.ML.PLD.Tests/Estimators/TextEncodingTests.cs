namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class TextEncodingTests
{
    private static readonly TextEncoding Encoding = new(new WordPieceTokenizer(CorpusFolder.Letters), MaxLength: 6);

    [TestMethod]
    public void ASingleTextHasOneSeparatorAndAPairTwo()
    {
        ReadOnlyMemory<char>[] first = ["a b".AsMemory(), default, "abcdefgh".AsMemory()], second = ["c".AsMemory(), default, "a b c d".AsMemory()];
        CollectionAssert.AreEqual(new[] { "[CLS] a b [SEP]", "[CLS] [SEP]", "[CLS] a ##b ##c ##d [SEP]" }, Encode(new TextBatch(first)));
        CollectionAssert.AreEqual(new[] { "[CLS] a b [SEP] c [SEP]", "[CLS] [SEP] [SEP]", "[CLS] a ##b [SEP] a [SEP]" }, Encode(new TextBatch(first, second)));
    }

    [TestMethod]
    public void AnEmptySecondSentenceIsOneAndNoneIsNot()
    {
        CollectionAssert.AreEqual(new[] { 2, 5, 3, 3 }, Encoding.Encode("a".AsMemory(), "").Ids);
        CollectionAssert.AreEqual(new[] { 2, 5, 3 }, Encoding.Encode("a".AsMemory(), null).Ids);
    }

    private static string[] Encode(TextBatch texts) =>
        [.. Encoding.Encode(texts).Select(text => string.Join(' ', text.Ids.Select(id => CorpusFolder.Letters.Pieces[id])))];
}
