using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class WordPieceTokenizerTests
{
    private static readonly WordPieceTokenizer Bert = ReferenceVectors.BertBaseUncased;

    private static readonly WordPieceTokenizer Cased = new(Bert.Vocabulary, lowerCase: false);

    /// <summary>Any UTF-16, halves of surrogate pairs included, with more than its share of what is treated specially.</summary>
    private static readonly Gen<string> AnyText = Gen.OneOf(Gen.Char['a', 'z'], Gen.Char['\0', '\u0100'], Gen.Char,
        Gen.OneOf(' ', '\n', '\u00A0', '\u0301', '\u4E2D', '\uD83D', '\uDE00', '\uFFFD', '\uFFFE', '[', '#')).Array[0, 60].Select(chars => new string(chars));

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

    [TestMethod]
    public void AnyTextEncodesToAWellFormedSequence() =>
        Gen.Select(AnyText, AnyText.Null(), Gen.Int[3, 70], Gen.Bool, Gen.Bool).Sample((text, pair, maxLength, pad, cased) =>
        {
            var encoded = (cased ? Cased : Bert).Encode(text, pair, maxLength, pad);
            var length = encoded.AttentionMask.Sum();
            Assert.IsLessThanOrEqualTo(maxLength, encoded.Ids.Length);
            if (pad) Assert.HasCount(maxLength, encoded.Ids);
            else Assert.HasCount(length, encoded.Ids);
            Assert.HasCount(encoded.Ids.Length, encoded.TypeIds);
            Assert.HasCount(encoded.Ids.Length, encoded.AttentionMask);
            Assert.IsTrue(encoded.Ids.All(id => id >= 0 && id < Bert.Vocabulary.Count));
            Assert.AreEqual(Bert.Vocabulary.ClassifyId, encoded.Ids[0]);
            Assert.AreEqual(Bert.Vocabulary.SeparatorId, encoded.Ids[length - 1]);
            Assert.AreEqual(pair is null ? 1 : 2, encoded.Ids.Count(id => id == Bert.Vocabulary.SeparatorId));
            Assert.IsTrue(encoded.Ids.Skip(length).All(id => id == Bert.Vocabulary.PadId));
            Assert.IsTrue(encoded.AttentionMask.Take(length).All(bit => bit == 1));
            if (pair is not null) Assert.AreEqual(length - 1 - Array.IndexOf(encoded.Ids, Bert.Vocabulary.SeparatorId), encoded.TypeIds.Sum());
        });

    [TestMethod]
    public void PartsBetweenBlanksAreIndependent() =>
        Gen.Select(AnyText, AnyText, Gen.OneOf(" ", "\t\n", "\u3000", "\u2028"), Gen.Bool).Sample((left, right, blank, cased) =>
        {
            var tokenizer = cased ? Cased : Bert;
            CollectionAssert.AreEqual((int[])[.. Ids(left, tokenizer), .. Ids(right, tokenizer)], Ids(left + blank + right, tokenizer));
        });

    [TestMethod]
    public void ShortenedIsTheBeginning() =>
        Gen.Select(AnyText, Gen.Int[2, 40]).Sample((text, maxLength) =>
        {
            var all = Ids(text);
            CollectionAssert.AreEqual(all.Take(maxLength - 2).ToArray(), Bert.Encode(text, maxLength: maxLength).Ids[1..^1]);
        });

    [TestMethod]
    public void WordsComeBackFromTheirIds() =>
        Gen.String[Gen.Char['a', 'z'], 1, 12].Array[0, 9].Select(words => string.Join(' ', words))
            .Sample(text => Assert.AreEqual(text, Bert.Decode(Bert.Encode(text, pad: true).Ids)));

    [TestMethod]
    public void PairsLoseTheLongerTextFirstAndOfEqualOnesTheSecond()
    {
        Assert.AreEqual("a b c d e|f g", Cut("a b c d e", "f g", 10));
        Assert.AreEqual("a b c|f g", Cut("a b c d e", "f g", 8));
        Assert.AreEqual("a b|f", Cut("a b c d e", "f g", 6));
        Assert.AreEqual("a b|f", Cut("a b", "f g h i j", 6));
        Assert.AreEqual("a|f g h", Cut("a", "f g h i j", 7));
        Assert.AreEqual("|", Cut("a b", "f g", 3));

        static string Cut(string text, string pair, int maxLength)
        {
            var encoded = Bert.Encode(text, pair, maxLength);
            Assert.IsLessThanOrEqualTo(maxLength, encoded.Ids.Length);
            return string.Join('|', new[] { 0, 1 }.Select(type => Bert.Decode(encoded.Ids.Where((_, i) => encoded.TypeIds[i] == type))));
        }
    }

    [TestMethod]
    public void MissingAndEmptyTextsAreEmptySequences()
    {
        CollectionAssert.AreEqual((int[])[101, 102], Bert.Encode(null).Ids);
        CollectionAssert.AreEqual((int[])[101, 102, 0, 0], Bert.Encode("", maxLength: 4, pad: true).Ids);
        CollectionAssert.AreEqual((int[])[101, 102, 102], Bert.Encode(null, "").Ids);
        CollectionAssert.AreEqual((int[])[0, 0, 1], Bert.Encode(null, "").TypeIds);
    }

    [TestMethod]
    public void AHundredThousandWordsAreFine()
    {
        var text = string.Join(' ', Enumerable.Repeat("word", 100_000));
        Assert.HasCount(100_000, Ids(text));
        Assert.HasCount(512, Bert.Encode(text).Ids);
        Assert.HasCount(512, Bert.Encode(text, text).Ids);
        Assert.HasCount(512, Bert.Encode(new string('\u4E2D', 100_000)).Ids);
    }

    [TestMethod]
    public void NamesOfSpecialPiecesInATextAreText() => Assert.AreEqual("[ mask ] [ sep ]", Bert.Decode(Ids("[MASK][SEP]")));

    [TestMethod]
    public void WhatIsNotTextGoes()
    {
        CollectionAssert.AreEqual(Ids("ab cd"), Ids("a\uD800b c\uDC00d"), "halves of surrogate pairs");
        CollectionAssert.AreEqual(Ids("ab"), Ids("a\uFFFD\0\u200B\uE000b"), "replacement, control, format, private use");
        Assert.AreEqual("[UNK]", Bert.Decode(Ids("a\uFFFEb\u00E9")), "no character, but kept, as in the reference");
    }

    [TestMethod]
    [DataRow(' ')]
    [DataRow('\t')]
    [DataRow('\r')]
    [DataRow('\u00A0')]
    [DataRow('\u1680')]
    [DataRow('\u2000')]
    [DataRow('\u200A')]
    [DataRow('\u2028')]
    [DataRow('\u2029')]
    [DataRow('\u202F')]
    [DataRow('\u205F')]
    [DataRow('\u3000')]
    public void EveryBlankCuts(char blank) => Assert.AreEqual("left right", Bert.Decode(Ids($"{blank}left{blank}{blank}right{blank}")));

    [TestMethod]
    public void CasedKeepsCaseAndAccents()
    {
        var tokenizer = new WordPieceTokenizer(Vocabulary("Caf\u00E9", "caf\u00E9", "cafe", "\u4E2D", "!"), lowerCase: false);
        CollectionAssert.AreEqual((int[])[5, 6, 7, 8, 9, 1], Ids("Caf\u00E9 caf\u00E9 cafe\u4E2D! CAFE", tokenizer));
        CollectionAssert.AreEqual((int[])[7, 7, 7, 8, 9, 7], Ids("Caf\u00E9 caf\u00E9 cafe\u4E2D! CAFE", new(tokenizer.Vocabulary)));
    }

    [TestMethod]
    public void AWordMayHaveAHundredCharactersHoweverManyUnitsTheyTake()
    {
        const string zero = "\U0001D7D8";
        var tokenizer = new WordPieceTokenizer(Vocabulary(zero, "##" + zero, "a", "##a"));
        foreach (var c in new[] { zero, "a" })
        {
            var hundred = string.Concat(Enumerable.Repeat(c, 100));
            Assert.HasCount(100, Ids(hundred, tokenizer));
            CollectionAssert.AreEqual((int[])[tokenizer.Vocabulary.UnknownId], Ids(hundred + c, tokenizer));
        }
    }

    [TestMethod]
    public void AWordThatCannotBeSpeltToItsEndIsUnknownAsAWhole() =>
        CollectionAssert.AreEqual((int[])[5, 1, 5], Ids("un unx un", new(Vocabulary("un", "##y"))));

    [TestMethod]
    public void ThreadsDoNotMeet()
    {
        var texts = ReferenceVectors.Read(Path.Combine(ReferenceVectors.Folder, "single.jsonl"));
        Parallel.For(0, 4 * texts.Count, i => CollectionAssert.AreEqual(texts[i % texts.Count].Ids, Bert.Encode(texts[i % texts.Count].Text).Ids));
    }

    [TestMethod]
    public void ALengthWithoutRoomForTheSpecialPiecesIsRefused()
    {
        var single = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Bert.Encode("a", maxLength: 1));
        StringAssert.Contains(single.Message, "at least 2, for [CLS] and [SEP]");
        var pair = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Bert.Encode("a", "b", maxLength: 2));
        StringAssert.Contains(pair.Message, "at least 3, for [CLS] and two [SEP]");
    }

    [TestMethod]
    public void AnIdBeyondTheVocabularyIsRefused() =>
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Bert.Decode([30522])).Message, "from 0 to 30521");

    private static WordPieceVocabulary Vocabulary(params string[] pieces) => WordPieceVocabulary.FromPieces([.. WordPieceVocabulary.SpecialPieces, .. pieces]);

    private static int[] Ids(string text, WordPieceTokenizer? tokenizer = null)
    {
        List<int> ids = [];
        (tokenizer ?? Bert).AppendIds(text, ids);
        return [.. ids];
    }
}
