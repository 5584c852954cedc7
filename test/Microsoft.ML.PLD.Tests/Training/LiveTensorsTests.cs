using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>The tensors of all threads, whoever makes and frees them: alone, for the count is that of the process.</summary>
[TestClass]
[DoNotParallelize]
public sealed class LiveTensorsTests
{
    [TestMethod]
    public void TheNumberStaysFlatWithSeveralWorkers()
    {
        // In float32, and with blocks that are kept: there each weight has a gradient, and TorchSharp never stops counting the tensor without memory that it makes where there is none.
        using var text = new TestCorpus();
        // What earlier tests have left behind must not be freed while this one counts.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var counts = new List<long>();
        text.Train(
            TestCorpus.Options with { Steps = 60, BatchSize = 8, HiddenDropout = 0.1, AttentionDropout = 0.1, NextSentencePrediction = true, LayerSchedule = new DenseSchedule() },
            TestCorpus.Runtime with { Workers = 2, MicroBatchSize = 2 }, new Counter(counts)).Dispose();
        Assert.HasCount(60, counts);
        Assert.HasCount(1, counts.Skip(2).Distinct(), string.Join(' ', counts));
    }

    private sealed class Counter(List<long> counts) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => counts.Add(torch.Tensor.TotalCount);
    }
}
