using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class WordPieceTrainerTests
{
    private static readonly Gen<string[]> Lines = Gen.String[Gen.OneOf(Gen.Char['a', 'c'], Gen.OneOf(' ', ' ', ',', '\u00E9', '\u4E2D', 'A')), 1, 40].Array[1, 12]
        .Where(lines => lines.Any(line => !string.IsNullOrWhiteSpace(line)));

    [TestMethod]
    public void LearnsWhatAPencilLearns()
    {
        // aab twice, ab once: ##a ##b and a ##a both meet twice, and # sorts before a; then a ##ab twice; a ##b only once.
        var learnt = WordPieceTrainer.Train(["aab ab", null, "AAB"], 100);
        CollectionAssert.AreEqual((string[])[.. WordPieceVocabulary.SpecialPieces, "a", "b", "##a", "##b", "##ab", "aab"], learnt.Pieces.ToArray());
        Assert.AreEqual(0, learnt.PadId);

        learnt = WordPieceTrainer.Train(["aab ab aab"], 100, new() { MinimumPairCount = 1 });
        Assert.AreEqual("ab", learnt.Pieces[^1]);
        learnt = WordPieceTrainer.Train(["aab ab aab"], 10);
        Assert.AreEqual("##ab", learnt.Pieces[^1]);
    }

    [TestMethod]
    public void EqualsMergingWithFreshCountsEachTime() => Lines.Sample(lines =>
    {
        WordPieceTrainerOptions options = new() { MinimumPairCount = 1 };
        var learnt = WordPieceTrainer.Train(lines, 60, options);
        CollectionAssert.AreEqual(SlowMerges(lines, learnt.Count - AlphabetEnd(learnt)), learnt.Pieces.Skip(AlphabetEnd(learnt)).ToArray());
    });

    [TestMethod]
    public void TheOrderOfTheLinesMakesNoDifference() => Gen.Select(Lines, Gen.Int[30, 60]).Sample((lines, size) =>
        Assert.AreEqual(WordPieceTrainer.Train(lines, size).Sha256, WordPieceTrainer.Train(lines.Reverse(), size).Sha256));

    [TestMethod]
    public void ItsOwnTextHasNothingUnknownAndEveryPieceOccurs() => Gen.Select(Lines, Gen.Int[30, 200], Gen.Bool).Sample((lines, size, lowerCase) =>
    {
        var vocabulary = WordPieceTrainer.Train(lines, size, new() { LowerCase = lowerCase });
        Assert.IsLessThanOrEqualTo(size, vocabulary.Count);
        WordPieceTokenizer tokenizer = new(vocabulary, lowerCase);
        foreach (var line in lines)
        {
            List<int> ids = [];
            tokenizer.AppendIds(line, ids);
            CollectionAssert.DoesNotContain(ids, vocabulary.UnknownId, line);
        }
        var words = Words(lines, lowerCase).ToArray();
        foreach (var piece in vocabulary.Pieces.Skip(AlphabetEnd(vocabulary)))
            Assert.IsTrue(words.Any(word => piece.StartsWith("##") ? word.IndexOf(piece[2..], 1) > 0 : word.StartsWith(piece)), piece);
    });

    [TestMethod]
    public void CaseIsKeptIfWished()
    {
        CollectionAssert.Contains(WordPieceTrainer.Train(["Ah Ah"], 30, new() { LowerCase = false }).Pieces.ToArray(), "Ah");
        CollectionAssert.Contains(WordPieceTrainer.Train(["Ah Ah"], 30).Pieces.ToArray(), "ah");
    }

    [TestMethod]
    public void PunctuationMarksAndChineseCharactersDoNotGoOn() => CollectionAssert.AreEqual(
        (string[])[.. WordPieceVocabulary.SpecialPieces, "!", "a", "\u4E2D", "##a"], WordPieceTrainer.Train(["a!\u4E2Da"], 30).Pieces.ToArray());

    [TestMethod]
    public void TheAlphabetIsLimitedToTheMostFrequent()
    {
        var learnt = WordPieceTrainer.Train(["bbb aa c ab ab"], 30, new() { AlphabetLimit = 2 });
        CollectionAssert.AreEqual((string[])["a", "b", "##a", "##b"], learnt.Pieces.Skip(5).Take(4).ToArray());
        Assert.AreEqual("[UNK] ab", new WordPieceTokenizer(learnt).Decode(new WordPieceTokenizer(learnt).Encode("c ab").Ids));
    }

    [TestMethod]
    public void RareWordsGiveWayWhenThereAreTooMany()
    {
        WordCounts counts = new(lowerCase: true, limit: 100);
        for (var i = 0; i < 1000; i++) counts.Add($"often rare{i} often");
        Assert.AreEqual(2000L, counts.Counts["often"]);
        Assert.IsLessThanOrEqualTo(100, counts.Counts.Count);
        var learnt = WordPieceTrainer.Train(Enumerable.Range(0, 1000).Select(i => $"often rare{i}"), 200, new() { DistinctWordLimit = 50, MinimumWordCount = 2 });
        CollectionAssert.Contains(learnt.Pieces.ToArray(), "often");
        CollectionAssert.DoesNotContain(learnt.Pieces.ToArray(), "rare");
    }

    [TestMethod]
    public void ASizeWithoutRoomForTheCharactersIsRefusedWithTheSmallestPossible()
    {
        string[] lines = ["aab, ab"];
        var error = Assert.ThrowsExactly<ArgumentException>(() => WordPieceTrainer.Train(lines, 9));
        StringAssert.Contains(error.Message, "A vocabulary of 9 pieces is too small");
        StringAssert.Contains(error.Message, "at least 10");
        Assert.AreEqual(10, WordPieceTrainer.Train(lines, 10).Count);
    }

    [TestMethod]
    public void NoTextIsRefused()
    {
        foreach (string?[] lines in new string?[][] { [], ["", null, " \t"] })
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => WordPieceTrainer.Train(lines, 100)).Message, "no word in the text");
    }

    [TestMethod]
    public void AllBadOptionsAreNamedAtOnce()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(
            () => WordPieceTrainer.Train(["a"], 100, new() { MinimumWordCount = 0, MinimumPairCount = -1, AlphabetLimit = 0, DistinctWordLimit = 0 }));
        foreach (var expected in new[] { "MinimumWordCount is 0", "MinimumPairCount is -1", "AlphabetLimit is 0", "DistinctWordLimit is 0" })
            StringAssert.Contains(error.Message, expected);
    }

    private static List<string> Words(IEnumerable<string> lines, bool lowerCase)
    {
        List<string> words = [];
        foreach (var line in lines)
        {
            WordReader reader = new(line, lowerCase, new char[WordReader.BufferLength]);
            while (reader.Read()) words.Add(reader.Word.ToString());
        }
        return words;
    }

    /// <summary>Where learnt pieces start: after the special ones and those of one character.</summary>
    private static int AlphabetEnd(WordPieceVocabulary vocabulary)
    {
        var end = 5;
        while (end < vocabulary.Count && vocabulary.Pieces[end].Length == (vocabulary.IsContinuation(end) ? 3 : 1)) end++;
        return end;
    }

    /// <summary>The definition, without any bookkeeping.</summary>
    private static string[] SlowMerges(string[] lines, int count)
    {
        var words = Words(lines, lowerCase: true).Select(word => word.Select((c, i) => i == 0 ? $"{c}" : $"##{c}").ToList()).ToList();
        List<string> learnt = [];
        while (learnt.Count < count)
        {
            var (first, second) = words.SelectMany(word => word.Zip(word.Skip(1))).GroupBy(pair => pair)
                .OrderByDescending(group => group.Count()).ThenBy(group => group.Key.First, StringComparer.Ordinal).ThenBy(group => group.Key.Second, StringComparer.Ordinal)
                .First().Key;
            var joined = first + second[2..];
            if (!learnt.Contains(joined)) learnt.Add(joined);
            foreach (var word in words)
                for (var i = 0; i + 1 < word.Count; i++)
                    if (word[i] == first && word[i + 1] == second)
                    {
                        word[i] = joined;
                        word.RemoveAt(i + 1);
                    }
        }
        return [.. learnt];
    }
}
