using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class TextEncodingTests
{
    private static readonly TextEncoding Encoding = new(new WordPieceTokenizer(CorpusFolder.Letters), MaxLength: 6);

    [TestMethod]
    public void ASingleTextHasOneSeparatorAndAPairTwo()
    {
        ReadOnlyMemory<char>[] first = ["a b".AsMemory(), default, "abcdefgh".AsMemory()], second = ["c".AsMemory(), default, "a b c d".AsMemory()];
        CollectionAssert.AreEqual(new[] { "[CLS] [SEP]", "[CLS] a b [SEP]", "[CLS] a ##b ##c ##d [SEP]" }, Encode(new TextBatch(first)));
        CollectionAssert.AreEqual(new[] { "[CLS] [SEP] [SEP]", "[CLS] a b [SEP] c [SEP]", "[CLS] a ##b [SEP] a [SEP]" }, Encode(new TextBatch(first, second)));
    }

    [TestMethod]
    public void AnEmptySecondSentenceIsOneAndNoneIsNot()
    {
        CollectionAssert.AreEqual(new[] { 2, 5, 3, 3 }, Encoding.Encode("a".AsMemory(), "").Single().Ids);
        CollectionAssert.AreEqual(new[] { 2, 5, 3 }, Encoding.Encode("a".AsMemory(), null).Single().Ids);
    }

    [TestMethod]
    public void TextsAreScoredWithOthersOfTheirLengthAndInTheirOrder()
    {
        var encoding = Encoding with { MaxLength = 200 };
        var texts = Enumerable.Range(0, 40).Select(row => string.Concat(Enumerable.Repeat("a ", row * 7 % 5 * 40))).ToArray();
        var scores = new float[40];
        var padded = 0;
        encoding.Score(new TextBatch(texts.Select(text => text.AsMemory()).ToArray()), 1, scores, torch.CPU, some =>
        {
            padded += some.Length * some.Max(text => text.Ids.Length) - some.Sum(text => text.Ids.Length);
            return [.. some.Select(text => (float)text.Ids.Length)];
        });
        CollectionAssert.AreEqual(texts.Select(text => 2f + text.Length / 2).ToArray(), scores);
        Assert.AreEqual(0, padded);
    }

    private static string[] Encode(TextBatch texts)
    {
        var encoded = new string[texts.Count];
        Encoding.Score(texts, 1, new float[texts.Count], torch.CPU, some =>
        {
            // One group: the texts come sorted by length; those of one length keep their order. (Tests run on one thread.)
            foreach (var text in some) encoded[Array.FindIndex(encoded, at => at is null)] = string.Join(' ', text.Ids.Select(id => CorpusFolder.Letters.Pieces[id]));
            return new float[some.Length];
        });
        return encoded;
    }
}
