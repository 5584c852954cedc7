namespace Microsoft.ML.PLD.Tests;

/// <summary>Pre-training that goes on from a trained model.</summary>
[TestClass]
public sealed class ContinuedPretrainingTests
{
    private static readonly TestCorpus Text = new();
    private static readonly PretrainingOptions Still = TestCorpus.Options with { Steps = 1, LearningRate = new() { Peak = 1e-30, WarmupShare = 0 }, Optimizer = new() { WeightDecay = 0 } };

    [ClassCleanup]
    public static void Cleanup() => Text.Dispose();

    [TestMethod]
    public void ItStartsFromTheModelsWeightsAndLeavesThemAsTheyAre()
    {
        using var start = Text.Train(TestCorpus.Options);
        var before = Values(start);
        using (var same = Continue(start, Still))
            foreach (var (name, values) in Values(same)) CollectionAssert.AreEqual(before[name], values, name); // the decoder's biases, too
        using (var trained = Continue(start, TestCorpus.Options))
            Assert.IsTrue(Values(trained).Any(weight => !weight.Value.SequenceEqual(before[weight.Key])));
        foreach (var (name, values) in Values(start)) CollectionAssert.AreEqual(before[name], values, name);
    }

    [TestMethod]
    public void ItIsFurtherThanANewModelAfterTheSameSteps()
    {
        var options = TestCorpus.Options with { Steps = 150, BatchSize = 16, MaskingRate = 0.3, LearningRate = new() { Peak = 1e-2, WarmupShare = 0.1 } };
        var (first, second) = (new ProgressLog(), new ProgressLog());
        using var start = Text.Train(options, progress: first);
        Continue(start, options with { Seed = 2 }, second).Dispose();
        Assert.IsLessThan(first.TakeLast(20).Average(step => step.Loss) - 0.05, second.TakeLast(20).Average(step => step.Loss));
        Assert.IsLessThan(first[0].Loss - 0.3, second[0].Loss);
    }

    [TestMethod]
    public void TheNextSentenceHeadBeginsGoesOnAndIsLeftOut()
    {
        using var without = Text.Train(TestCorpus.Options with { Steps = 1 });
        using var begun = Continue(without, Still with { NextSentencePrediction = true });
        Assert.IsNotNull(begun.NextSentence);
        var head = Values(begun)["cls.seq_relationship.weight"];
        using var goneOn = Continue(begun, Still with { NextSentencePrediction = true, Seed = 2 }); // another seed would draw other weights
        CollectionAssert.AreEqual(head, Values(goneOn)["cls.seq_relationship.weight"]);
        using var leftOut = Continue(begun, Still);
        Assert.IsNull(leftOut.NextSentence);
    }

    [TestMethod]
    public void ARunThatIsResumedDoesNotStartFromTheModelAgain()
    {
        using var folder = new TemporaryFolder();
        using var start = Text.Train(TestCorpus.Options);
        using var whole = Continue(start, TestCorpus.Options);
        var log = new ProgressLog();
        Assert.ThrowsExactly<OperationCanceledException>(() => new BertPretrainer(start, TestCorpus.Options, TestCorpus.Runtime, new() { Folder = folder["run"] })
            .Train(Text.Corpus, Text.Tokenizer, log, () =>
            {
                if (log.Count == 3) throw new OperationCanceledException();
            }));
        using var resumed = new BertPretrainer(start, TestCorpus.Options, TestCorpus.Runtime, new() { Folder = folder["run"], ResumeFrom = CheckpointOptions.Latest })
            .Train(Text.Corpus, Text.Tokenizer, null, () => { });
        var expected = Values(whole);
        foreach (var (name, values) in Values(resumed)) CollectionAssert.AreEqual(expected[name], values, name);
    }

    [TestMethod]
    public void AnotherTokenizerIsRefused()
    {
        using var start = Text.Train(TestCorpus.Options with { Steps = 1 });
        var cased = new WordPieceTokenizer(Text.Tokenizer.Vocabulary, lowerCase: false);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new BertPretrainer(start, Still, TestCorpus.Runtime).Train(Text.Corpus, cased, null, () => { })).Message,
            "not that of the model to start from");
    }

    [TestMethod]
    public void ItsOptionsAreCheckedAgainstTheModelsArchitecture()
    {
        using var start = Text.Train(TestCorpus.Options with { Steps = 1 });
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new BertPretrainer(start, Still with { SequenceLength = 24 })).Message, "SequenceLength is 24, but the model has 23 positions");
        start.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => Continue(start, Still));
    }

    [TestMethod]
    public void TheMeanOfModelsIsThatOfTheirWeights()
    {
        using var first = Text.Train(TestCorpus.Options);
        using var second = Continue(first, TestCorpus.Options with { NextSentencePrediction = true });
        using var third = Continue(second, TestCorpus.Options with { NextSentencePrediction = true, Seed = 9 });
        using var mean = BertModel.Average(first, second, third);
        var (a, b, c) = (Values(first), Values(second), Values(third));
        foreach (var (name, values) in Values(mean))
            for (var i = 0; i < values.Length; i++)
                Assert.AreEqual(a.TryGetValue(name, out var own) ? (own[i] + b[name][i] + c[name][i]) / 3 : (b[name][i] + c[name][i]) / 2, values[i], 1e-6f, name); // the head of pairs
        Assert.IsNotNull(mean.NextSentence);
        using var alone = BertModel.Average(first);
        foreach (var (name, values) in Values(alone)) CollectionAssert.AreEqual(a[name], values, name);

        using var other = TestModel.Make();
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => BertModel.Average(first, other)).Message, "Model 2 of 2 is of another architecture or tokenizer");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => BertModel.Average()).Message, "There are no models");
        other.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => BertModel.Average(other));
    }

    private static BertModel Continue(BertModel start, PretrainingOptions options, IProgress<TrainingProgress>? progress = null) =>
        new BertPretrainer(start, options, TestCorpus.Runtime).Train(Text.Corpus, Text.Tokenizer, progress, () => { });

    private static Dictionary<string, float[]> Values(BertModel model) => model.Weights.All.ToDictionary(weight => weight.Name, weight => weight.Value.data<float>().ToArray());
}
