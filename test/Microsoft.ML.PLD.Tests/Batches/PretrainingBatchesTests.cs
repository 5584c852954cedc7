using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class PretrainingBatchesTests
{
    private const ulong Seed = 4;

    private static readonly WordPieceVocabulary Vocabulary = CorpusFolder.Plain(50);

    private readonly CorpusFolder _folder = new();

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    [TestMethod]
    public void ABatchHasTheShapeItPromises()
    {
        using var corpus = Corpus(documents: 6);
        var options = new PretrainingBatchOptions { SequenceLength = 13, BatchSize = 7 };
        var batch = new PretrainingBatches(corpus.All, Vocabulary, options, Seed).Parts(3, int.MaxValue)[0];
        Assert.AreEqual(7, batch.Rows);
        Assert.AreEqual(13, batch.SequenceLength);
        Assert.HasCount(91, batch.InputIds);
        Assert.IsNull(batch.TypeIds);
        Assert.IsNull(batch.NextSentenceLabels);
        Assert.HasCount(batch.MaskedPositions.Length, batch.MaskedLabels);
        for (var row = 0; row < 7; row++)
        {
            Assert.AreEqual(Vocabulary.ClassifyId, batch.InputIds[row * 13]);
            Assert.AreEqual(Vocabulary.SeparatorId, batch.InputIds[row * 13 + 12]);
            Assert.IsTrue(batch.MaskedPositions.Any(position => position / 13 == row));
        }
        Assert.DoesNotContain(Vocabulary.PadId, batch.InputIds);
    }

    [TestMethod]
    public void AnEpochCoversTheRangeOnce() =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[3, 15], Gen.Long[0, 1000]).Sample((documents, length, epoch) =>
        {
            using var corpus = Corpus(documents);
            var range = CorpusSplit.Of(corpus, 0.5).Training;
            var batches = new PretrainingBatches(range, Vocabulary, new PretrainingBatchOptions { SequenceLength = length }, Seed);
            var seen = new int[range.Length];
            for (var place = 0L; place < batches.SamplesPerEpoch; place++)
                for (var i = 0; i < length - 2; i++) seen[(batches.ChunkStart(epoch * batches.SamplesPerEpoch + place) + i) % range.Length]++;
            var surplus = batches.SamplesPerEpoch * (length - 2) - range.Length; // of the last chunk, which goes on into the first
            Assert.IsTrue(surplus < length - 2);
            Assert.IsTrue(seen.All(count => count >= 1));
            Assert.AreEqual(range.Length + surplus, seen.Sum());
        }, iter: 100, threads: 1);

    [TestMethod]
    public void BordersOfChunksMoveFromEpochToEpoch()
    {
        using var corpus = Corpus(documents: 30);
        var batches = new PretrainingBatches(corpus.All, Vocabulary, new PretrainingBatchOptions { SequenceLength = 12 }, Seed);
        var borders = Enumerable.Range(0, 20).Select(epoch => batches.ChunkStart(epoch * batches.SamplesPerEpoch) % 10).Distinct();
        Assert.IsGreaterThan(4, borders.Count());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void LabelsRestoreTheText(bool pairs)
    {
        using var corpus = Corpus(documents: 12);
        var options = new PretrainingBatchOptions { SequenceLength = 21, BatchSize = 5, NextSentencePrediction = pairs };
        var batches = new PretrainingBatches(corpus.All, Vocabulary, options, Seed);
        var all = new int[2 * corpus.TokenCount];
        corpus.CopyTokens(0, all);
        for (var step = 0; step < 40; step++)
        {
            var batch = batches.Parts(step, int.MaxValue)[0];
            foreach (var (position, label) in batch.MaskedPositions.Zip(batch.MaskedLabels)) batch.InputIds[position] = label;
            for (var row = 0; row < 5; row++)
            {
                var ids = batch.InputIds[(row * 21)..((row + 1) * 21)];
                var start = (int)batches.ChunkStart(step * 5 + row);
                if (!pairs)
                {
                    CollectionAssert.AreEqual(all[start..(start + 19)], ids[1..^1]);
                    continue;
                }
                var types = batch.TypeIds![(row * 21)..((row + 1) * 21)];
                var second = Array.IndexOf(types, 1);
                Assert.IsTrue(types[second..].All(type => type == 1));
                Assert.AreEqual(Vocabulary.SeparatorId, ids[second - 1]);
                Assert.AreEqual(Vocabulary.SeparatorId, ids[^1]);
                var cut = second - 2;
                CollectionAssert.AreEqual(all[start..(start + cut)], ids[1..(second - 1)]);
                if (batch.NextSentenceLabels![row] == NextSentence.IsNext)
                    CollectionAssert.AreEqual(all[(start + cut)..(start + 18)], ids[second..^1]);
                else
                    Assert.AreEqual(1, batch.NextSentenceLabels[row]);
            }
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ASampleDoesNotDependOnTheBatchItComesInNorOnTheOrder(bool pairs)
    {
        using var corpus = Corpus(documents: 12);
        var options = new PretrainingBatchOptions { SequenceLength = 13, NextSentencePrediction = pairs };
        PretrainingBatches Of(int batchSize) => new(corpus.All, Vocabulary, options with { BatchSize = batchSize }, Seed);

        // Two steps of 12 samples: in one piece, in micro-batches of every size, and one by one backwards.
        var whole = Rows(Of(12).Parts(0, int.MaxValue)[0]).Concat(Rows(Of(12).Parts(1, int.MaxValue)[0])).ToArray();
        for (var size = 1; size <= 13; size++)
        {
            var parts = Of(12).From(0, size).Take(2).ToArray();
            CollectionAssert.AreEqual(whole, parts.SelectMany(part => part).SelectMany(Rows).ToArray(), $"micro-batches of {size}");
            foreach (var step in parts)
            {
                Assert.AreEqual((12 + size - 1) / size, step.Length);
                Assert.IsLessThanOrEqualTo(1, step.Max(part => part.Rows) - step.Min(part => part.Rows), $"micro-batches of {size}");
            }
        }
        CollectionAssert.AreEqual(whole, Enumerable.Range(0, 24).Reverse().Select(i => Rows(Of(1).Parts(i, int.MaxValue)[0]).Single()).Reverse().ToArray());

        // To resume is to ask for the step.
        CollectionAssert.AreEqual(whole[12..], Of(12).From(1, 5).First().SelectMany(Rows).ToArray());
        Assert.AreEqual(24, whole.Distinct().Count());
    }

    [TestMethod]
    public void TheSeedAndThePurposeChangeTheSamples()
    {
        using var corpus = Corpus(documents: 12);
        var options = new PretrainingBatchOptions { SequenceLength = 13, BatchSize = 4 };
        var training = Rows(new PretrainingBatches(corpus.All, Vocabulary, options, Seed).Parts(0, int.MaxValue)[0]);
        var other = Rows(new PretrainingBatches(corpus.All, Vocabulary, options, Seed + 1).Parts(0, int.MaxValue)[0]);
        var validation = Rows(new PretrainingBatches(corpus.All, Vocabulary, options, Seed, forValidation: true).Parts(0, int.MaxValue)[0]);
        Assert.IsFalse(training.Intersect(other).Any() || training.Intersect(validation).Any() || other.Intersect(validation).Any());
    }

    [TestMethod]
    [DataRow(false, 3)]
    [DataRow(true, 5)]
    [DataRow(true, 64)]
    public void OneTokenOfTextFillsASequence(bool pairs, int length)
    {
        using var corpus = _folder.Write([[[7]]], Vocabulary);
        var options = new PretrainingBatchOptions { SequenceLength = length, BatchSize = 3, NextSentencePrediction = pairs, MaskTokenShare = 0, RandomTokenShare = 0 };
        var batch = new PretrainingBatches(new CorpusRange(corpus, 0, 1), Vocabulary, options, Seed).Parts(1_000_000, int.MaxValue)[0];
        Assert.AreEqual(3 * (length - (pairs ? 3 : 2)), batch.InputIds.Count(id => id == 7));
        if (pairs) CollectionAssert.AreEqual(new[] { 1, 1, 1 }, batch.NextSentenceLabels);
    }

    [TestMethod]
    public void ACorpusOfAnotherVocabularyIsRefused()
    {
        using var corpus = Corpus(documents: 2);
        var failure = Assert.ThrowsExactly<ArgumentException>(() => new PretrainingBatches(corpus.All, CorpusFolder.Letters, new PretrainingBatchOptions(), Seed));
        StringAssert.Contains(failure.Message, _folder.Path);
    }

    [TestMethod]
    public void AllBadOptionsAreNamed()
    {
        using var corpus = Corpus(documents: 2);
        var options = new PretrainingBatchOptions
        {
            SequenceLength = 4,
            BatchSize = 0,
            MaskingRate = double.NaN,
            MaskTokenShare = -1,
            RandomTokenShare = 1.5,
            NextSentencePrediction = true,
        };
        var message = Assert.ThrowsExactly<ArgumentException>(() => new PretrainingBatches(corpus.All, Vocabulary, options, Seed)).Message;
        StringAssert.Contains(message, "SequenceLength is 4; expected 5 or more with NextSentencePrediction.");
        StringAssert.Contains(message, "BatchSize is 0; expected 1 or more.");
        StringAssert.Contains(message, "MaskingRate is NaN; expected more than 0, up to 1.");
        StringAssert.Contains(message, "MaskTokenShare is -1; expected 0 to 1.");
        StringAssert.Contains(message, "RandomTokenShare is 1.5; expected 0 to 1.");
        Assert.IsEmpty(new PretrainingBatchOptions().Problems());
        Assert.HasCount(1, new PretrainingBatchOptions { MaskTokenShare = 0.8, RandomTokenShare = 0.3 }.Problems());
        Assert.HasCount(1, new PretrainingBatchOptions { SequenceLength = 1 << 20, BatchSize = 1 << 20 }.Problems());
    }

    private static string[] Rows(PretrainingBatch batch)
    {
        var masked = batch.MaskedPositions.Zip(batch.MaskedLabels).ToLookup(pair => pair.First / batch.SequenceLength);
        return [.. Enumerable.Range(0, batch.Rows).Select(row =>
            string.Join(' ', batch.InputIds.Skip(row * batch.SequenceLength).Take(batch.SequenceLength))
            + "|" + string.Join(' ', masked[row].Select(pair => $"{pair.First % batch.SequenceLength}:{pair.Second}"))
            + "|" + string.Join(' ', batch.TypeIds?.Skip(row * batch.SequenceLength).Take(batch.SequenceLength) ?? [])
            + "|" + batch.NextSentenceLabels?[row])];
    }

    // Sentences of 1 to 9 pieces, 1 to 6 of them in a document.
    private TokenCorpus Corpus(int documents)
    {
        var random = new Random(8);
        return _folder.Write(
            [.. Enumerable.Range(0, documents).Select(_ => Enumerable.Range(0, random.Next(1, 7))
                .Select(_ => Enumerable.Range(0, random.Next(1, 10)).Select(_ => random.Next(5, 50)).ToArray()).ToArray())],
            Vocabulary, tokensPerShard: 50);
    }
}
