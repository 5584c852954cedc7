using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class MaskingTests
{
    private static readonly WordPieceVocabulary Vocabulary = CorpusFolder.Letters;

    // Any ids, special ones and continuations in any place included.
    private static readonly Gen<int[]> Sequences = Gen.Int[0, CorpusFolder.Letters.Count - 1].Array[1, 60];

    [TestMethod]
    public void ExactlyTheShareOfCandidatesIsMaskedAndLabelsRestoreTheText() =>
        Gen.Select(Sequences, Gen.Double[0.01, 1], Gen.Long[0, 1000]).Sample((ids, rate, sample) =>
        {
            var (masked, positions, labels) = Mask(ids, sample, new PretrainingBatchOptions { MaskingRate = rate });
            var candidates = ids.Count(id => !Vocabulary.IsSpecial(id));
            var expected = candidates == 0 ? 0 : Math.Max(1, (int)Math.Round(rate * candidates, MidpointRounding.AwayFromZero));
            Assert.HasCount(expected, positions);
            AssertRestores(ids, masked, positions, labels);
        });

    [TestMethod]
    public void WholeWordsAreNeverSplit() =>
        Gen.Select(Sequences, Gen.Double[0.01, 1], Gen.Long[0, 1000]).Sample((ids, rate, sample) =>
        {
            var (masked, positions, labels) = Mask(ids, sample, new PretrainingBatchOptions { MaskingRate = rate, WholeWordMasking = true });
            AssertRestores(ids, masked, positions, labels);
            var chosen = positions.ToHashSet();
            for (var place = 1; place < ids.Length; place++)
                if (Vocabulary.IsContinuation(ids[place]) && !Vocabulary.IsSpecial(ids[place - 1]))
                    Assert.AreEqual(chosen.Contains(place - 1), chosen.Contains(place));

            var candidates = ids.Count(id => !Vocabulary.IsSpecial(id));
            Assert.AreEqual(candidates > 0, positions.Count > 0);
            var longest = LongestWord(ids);
            var wanted = Math.Max(1, rate * candidates + 0.5);
            Assert.IsTrue(positions.Count <= wanted || positions.Count <= longest, $"{positions.Count} of {wanted}");
        });

    [TestMethod]
    public void EightyTenTen()
    {
        // 1,000 sequences of 100 pieces at 15 %: 15,000 draws. Five standard deviations are 0.016 at 80 % and 0.012 at 10 %.
        var ids = Enumerable.Range(0, 100).Select(i => Letter(i)).ToArray();
        int maskTokens = 0, kept = 0, random = 0;
        var replacements = new HashSet<int>();
        for (var sample = 0; sample < 1000; sample++)
        {
            var (masked, positions, _) = Mask(ids, sample, new PretrainingBatchOptions());
            Assert.HasCount(15, positions);
            foreach (var place in positions)
            {
                if (masked[place] == Vocabulary.MaskId) maskTokens++;
                else if (masked[place] == ids[place]) kept++;
                else
                {
                    random++;
                    replacements.Add(masked[place]);
                }
            }
        }
        var pieces = Vocabulary.Count - 5;
        Assert.AreEqual(0.8, maskTokens / 15_000.0, 0.016);
        Assert.AreEqual(0.1 * (pieces - 1) / pieces, random / 15_000.0, 0.012); // a random piece may be the piece itself
        Assert.AreEqual(0.1 + 0.1 / pieces, kept / 15_000.0, 0.012);
        Assert.IsFalse(replacements.Any(Vocabulary.IsSpecial));
        Assert.HasCount(pieces, replacements);
    }

    [TestMethod]
    public void EveryPlaceIsMaskedEquallyOften()
    {
        var ids = Enumerable.Range(0, 20).Select(i => Letter(i)).ToArray();
        var counts = new int[20];
        for (var sample = 0; sample < 4_000; sample++)
            foreach (var place in Mask(ids, sample, new PretrainingBatchOptions()).Positions) counts[place]++;
        Assert.IsTrue(counts.All(count => Math.Abs(count - 600) < 5 * Math.Sqrt(600 * 0.85)), string.Join(' ', counts));
    }

    [TestMethod]
    public void SharesOfNothingAndOfAll()
    {
        var ids = Enumerable.Range(0, 30).Select(i => Letter(i)).ToArray();
        var keep = Mask(ids, 0, new PretrainingBatchOptions { MaskingRate = 1, MaskTokenShare = 0, RandomTokenShare = 0 });
        CollectionAssert.AreEqual(ids, keep.Masked);
        Assert.HasCount(30, keep.Positions);
        var mask = Mask(ids, 0, new PretrainingBatchOptions { MaskingRate = 1, MaskTokenShare = 1, RandomTokenShare = 0 });
        Assert.IsTrue(mask.Masked.All(id => id == Vocabulary.MaskId));
    }

    [TestMethod]
    public void AWordLongerThanTheShareIsMaskedRatherThanNothing()
    {
        Vocabulary.TryGetId("##b", out var continues);
        var (_, positions, _) = Mask([Letter(0), continues, continues, continues], 0, new PretrainingBatchOptions { WholeWordMasking = true });
        CollectionAssert.AreEqual(new[] { 0, 1, 2, 3 }, positions);
    }

    private static int Letter(int i) => 5 + i % 26;

    private static int LongestWord(int[] ids)
    {
        int longest = 0, length = 0;
        for (var place = 0; place < ids.Length; place++)
        {
            length = Vocabulary.IsSpecial(ids[place]) ? 0 : Vocabulary.IsContinuation(ids[place]) ? length + 1 : 1;
            longest = Math.Max(longest, length);
        }
        return longest;
    }

    private static void AssertRestores(int[] ids, int[] masked, List<int> positions, List<int> labels)
    {
        Assert.IsTrue(positions.Zip(positions.Skip(1)).All(pair => pair.First < pair.Second));
        Assert.IsFalse(labels.Any(Vocabulary.IsSpecial));
        var restored = masked.ToArray();
        foreach (var (place, label) in positions.Zip(labels)) restored[place] = label;
        CollectionAssert.AreEqual(ids, restored);
    }

    private static (int[] Masked, List<int> Positions, List<int> Labels) Mask(int[] ids, long sample, PretrainingBatchOptions options)
    {
        List<int> positions = [], labels = [];
        var masked = ids.ToArray();
        new Masking(Vocabulary, options).Apply(masked, 1000, new RandomStream(11, RandomPurpose.Masking, sample), positions, labels);
        return (masked, [.. positions.Select(position => position - 1000)], labels);
    }
}
