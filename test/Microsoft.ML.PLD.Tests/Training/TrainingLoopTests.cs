using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>What the loop does when something goes wrong.</summary>
[TestClass]
public sealed class TrainingLoopTests
{
    private static readonly FineTuningOptions Options = new()
    {
        Steps = 8, BatchSize = 7, HiddenDropout = 0.1, AttentionDropout = 0.2, LearningRate = new() { Peak = 3e-3, WarmupShare = 0.1 }, Optimizer = new() { Epsilon = 1e-2 },
    };

    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("pld-loop-").FullName, "checkpoints");

    [TestCleanup]
    public void Delete() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [TestMethod]
    public void ALackOfMemoryHalvesTheMicroBatchAndChangesRoundingOnly()
    {
        using var expected = Train(Options, task => task);
        var log = new ProgressLog();
        var asked = new List<int>();
        using var actual = Train(Options, task => new Altered(task)
        {
            Loss = (size, step, loss) =>
            {
                asked.Add(size);
                if (step >= 3 && size > 2) throw new ExternalException("[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.");
                return loss();
            },
        }, log: log);
        CollectionAssert.AreEqual(new[] { 7, 4, 2 }, asked.Distinct().ToArray());
        CollectionAssert.AreEqual(Enumerable.Range(1, 8).Select(step => (long)step).ToArray(), log.Select(step => step.Step).ToArray());
        CollectionAssert.AreEqual(
            new[] { "There was not enough memory for step 4; it is taken again with micro-batches of 4.", "There was not enough memory for step 4; it is taken again with micro-batches of 2." },
            log[3].Notices.ToArray());
        CollectionAssert.AreEqual(log[3].Notices.ToArray(), log[3].Warnings.ToArray());
        for (var i = 0; i < expected.Weights.All.Count; i++)
        {
            var (name, weights) = expected.Weights.All[i];
            var difference = weights.data<float>().Zip(actual.Weights.All[i].Value.data<float>(), (a, b) => Math.Abs(a - b)).Max();
            Assert.IsLessThanOrEqualTo(2e-6, difference, name);
        }
    }

    [TestMethod]
    public void ALackOfMemoryForASingleRowIsSaid()
    {
        var failure = Assert.ThrowsExactly<OutOfMemoryException>(() => Train(Options, task => new Altered(task) { Loss = (_, _, _) => throw new OutOfMemoryException("It is full.") }));
        Assert.AreEqual("It is full.", failure.Message);
    }

    [TestMethod]
    public void MoreThanThereIsIsSaidBeforehandWithWhatHelps()
    {
        var (told, warnings) = (new List<string>(), new List<string>());
        var memory = new MemoryEstimate(Weights: 1e15, Masters: 1e14, Optimizer: 2e15, Sums: 0, Gradients: 3e15, Activations: 4e15, Gaps: 0, Checkpoint: 5e6);
        using var trained = Train(Options, task => new Altered(task) { Estimate = memory }, sink: new LogProgress(told.Add, warnings.Add));
        StringAssert.Contains(told[0], "parameters. The estimated peak memory is 7000000.00 GB: 1000000.00 GB for weights, 2000000.00 GB for the optimizer, 4000000.00 GB for activations and gradients, 5 MB while a checkpoint is written.");
        StringAssert.Contains(warnings.Single(), "That may not fit");
        StringAssert.Contains(warnings.Single(), "RecomputeActivations");
        StringAssert.Contains(told[1], "Fine-tuning 1/8"); // and it is tried all the same
    }

    [TestMethod]
    public void WhatLibtorchSaysOfALackOfMemoryIsUnderstood()
    {
        var failure = Assert.ThrowsExactly<ExternalException>(() => torch.empty(1L << 46, dtype: torch.float32));
        Assert.IsTrue(OutOfMemory.Is(failure), failure.Message);
        Assert.IsFalse(OutOfMemory.Is(Assert.ThrowsExactly<ExternalException>(() => torch.empty(2, 3).mm(torch.empty(2, 3)))));
    }

    [TestMethod]
    public void WhatLibtorchThrowsOnTheWayBackReachesTheCaller()
    {
        var failure = Assert.ThrowsExactly<ExternalException>(() => Train(Options, task => new Altered(task) { Loss = (_, _, loss) => WrongGradient.Apply(loss().expand(3)).sum() }));
        StringAssert.Contains(failure.Message, "returned an invalid gradient");
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    public void AStepWhoseLossIsNoNumberChangesNothing(float factor)
    {
        var log = new ProgressLog();
        Dictionary<string, int[]>? before = null, after = null;
        using var trained = Train(Options, task => new Altered(task)
        {
            Loss = (_, step, loss) =>
            {
                if (step == 4) before ??= TestModel.Bits(task.Weights);
                if (step == 5) after ??= TestModel.Bits(task.Weights);
                return step == 4 ? loss().mul(factor) : loss();
            },
        }, log: log);
        foreach (var (name, bits) in before!) CollectionAssert.AreEqual(bits, after![name], name);
        StringAssert.StartsWith(log[4].Warnings.Single(), "Step 5 was skipped, and the weights stay as they are: its loss is ");
        StringAssert.EndsWith(log[4].Notices.Single(), "More than 10 such steps in a row (MaxSkippedSteps) end the training.");
        Assert.HasCount(8, log);
        Assert.IsTrue(double.IsFinite(log[^1].Loss));
    }

    [TestMethod]
    public void StepsOnEndThatAreNoNumbersStopTheRunAndNameTheLastGoodCheckpoint()
    {
        var options = Options with { Steps = 20, Optimizer = new() { MaxSkippedSteps = 3 } };
        var failure = Assert.ThrowsExactly<TrainingDivergedException>(() => Train(
            options, task => new Altered(task) { Loss = (_, step, loss) => step is 2 or 3 or > 8 ? loss().mul(float.NaN) : loss() }, new() { Folder = _folder, EverySteps = 6 }));
        StringAssert.Contains(failure.Message, "in 4 steps in a row (MaxSkippedSteps is 3), up to step 13");
        StringAssert.Contains(failure.Message, $"The last checkpoint is '{Path.Combine(_folder, "step-0000000012")}'.");
        Assert.AreEqual(3, Checkpoint.Open(Path.Combine(_folder, "step-0000000012")).State.SkippedSteps);
    }

    [TestMethod]
    public void ALeapOfTheLossIsReported()
    {
        var log = new ProgressLog();
        Train(Options with { Steps = 40 }, task => new Altered(task) { Loss = (_, step, loss) => step == 30 ? loss().add(5) : loss() }, log: log).Dispose();
        StringAssert.StartsWith(log[30].Warnings.Single(), "The loss leaps to ");
        Assert.IsEmpty(log.Where(step => step.Step != 31).SelectMany(step => step.Notices));
    }

    [TestMethod]
    public void StoppingStopsWithinAMicroBatchAndKeepsTheStepsThatAreDone()
    {
        var log = new ProgressLog();
        var begun = 0;
        using var stop = new CancellationTokenSource();
        var failure = Assert.ThrowsExactly<OperationCanceledException>(() => Train(Options, task => new Altered(task)
        {
            Loss = (_, step, loss) =>
            {
                if (step == 4 && ++begun == 2) stop.Cancel(); // in the second of four micro-batches
                return loss();
            },
        }, new() { Folder = _folder }, log, stop.Token, TestCorpus.Runtime with { MicroBatchSize = 2 }));
        Assert.AreEqual(2, begun);
        Assert.HasCount(4, log);
        StringAssert.Contains(failure.Message, "was stopped after step 4 of 8");
        StringAssert.Contains(failure.Message, $"The last checkpoint is '{Path.Combine(_folder, "step-0000000004")}'.");
        Assert.AreEqual(stop.Token, failure.CancellationToken);
        Assert.AreEqual(4, Checkpoint.Open(Path.Combine(_folder, "step-0000000004")).State.Step);
    }

    [TestMethod]
    public void WhatAStoppedRunReturnsIsAnOption()
    {
        foreach (var (result, step) in new[] { (CancellationResult.ReturnBest, 2), (CancellationResult.ReturnLatest, 5) })
        {
            var log = new ProgressLog();
            var folder = Path.Combine(_folder, $"{result}");
            using var stop = new CancellationTokenSource();
            using var returned = Train(Options, task => new Altered(task)
            {
                Loss = (_, at, loss) =>
                {
                    if (at == 5) stop.Cancel();
                    return loss();
                },
                Validation = done => done == 2 ? new(0.1, 0.9) : new(0.2, 0.8),
            }, new() { Folder = folder, EverySteps = 1, KeepLast = 1, WhenCancelled = result }, log, stop.Token, TestCorpus.Runtime with { MicroBatchSize = 3 });
            StringAssert.Contains(string.Join(' ', log[^1].Notices), "was stopped after step 5 of 8");
            using var kept = Kept(Path.Combine(folder, $"step-{step:D10}"), returned);
            var weights = kept.Weights.Tensors;
            foreach (var (name, value) in returned.Weights.All) CollectionAssert.AreEqual(weights[name].data<float>().ToArray(), value.data<float>().ToArray(), $"{result} {name}");
            // The best one stays beside the newest.
            CollectionAssert.AreEqual(new[] { "step-0000000002", "step-0000000005" }, Directory.EnumerateDirectories(folder).Select(Path.GetFileName).Order().ToArray());
        }
    }

    [TestMethod]
    public void ACheckpointThatCannotBeWrittenIsSaidAndTheRunGoesOn()
    {
        var log = new ProgressLog();
        using var expected = Train(Options, task => task);
        using var trained = Train(Options, task => new Altered(task)
        {
            // A file where the folder of step 3 should come.
            Validation = done =>
            {
                if (done == 2) File.WriteAllText(Path.Combine(_folder, "step-0000000003"), "");
                return null;
            },
        }, new() { Folder = _folder, EverySteps = 1, KeepLast = 2 }, log);
        TestModel.AssertSameBits(expected.Weights, trained.Weights);
        StringAssert.Contains(string.Join(' ', log.SelectMany(step => step.Warnings)), "The checkpoint of step 3 could not be written");
        StringAssert.Contains(string.Join(' ', log.SelectMany(step => step.Notices)), "The checkpoint of step 3 could not be written");
        Assert.IsTrue(log.SelectMany(step => step.Notices).Any(notice => notice.StartsWith("Wrote checkpoint '", StringComparison.Ordinal)));
        Assert.IsFalse(log.SelectMany(step => step.Warnings).Any(notice => notice.StartsWith("Wrote checkpoint '", StringComparison.Ordinal)));
        CollectionAssert.AreEqual(new[] { "step-0000000007", "step-0000000008" }, Directory.EnumerateDirectories(_folder).Select(Path.GetFileName).Order().ToArray());
    }

    [TestMethod]
    public void TheLastCheckpointThatCannotBeWrittenIsSaidToo()
    {
        var log = new ProgressLog();
        Train(Options, task => new Altered(task)
        {
            Validation = done =>
            {
                if (done == 8) File.WriteAllText(Path.Combine(_folder, "step-0000000008"), "");
                return null;
            },
        }, new() { Folder = _folder, EverySteps = 5 }, log).Dispose();
        StringAssert.Contains(string.Join(' ', log[^1].Notices), "The checkpoint of step 8 could not be written");
    }

    [TestMethod]
    public void CheckpointsAreWrittenByTimeToo()
    {
        Train(Options, task => task, new() { Folder = _folder, Interval = TimeSpan.FromTicks(1), KeepLast = 100 }).Dispose();
        Assert.IsGreaterThan(1, Directory.EnumerateDirectories(_folder).Count());
    }

    [TestMethod]
    public void AllProblemsOfTheOptionsAreNamed()
    {
        var problems = string.Join(' ', new CheckpointOptions
        {
            Folder = " ", EverySteps = -1, Interval = TimeSpan.FromSeconds(-1), KeepLast = 0, ResumeFrom = "", AllowOptionChange = null!, WhenCancelled = (CancellationResult)9,
        }.Problems());
        foreach (var name in new[] { "Folder is empty", "EverySteps is -1", "Interval is -00:00:01", "KeepLast is 0", "ResumeFrom is empty", "AllowOptionChange is null", "WhenCancelled is 9" })
            StringAssert.Contains(problems, name);
        StringAssert.Contains(new CheckpointOptions { ResumeFrom = CheckpointOptions.Latest }.Problems().Single(), "Folder is null");
        Assert.IsEmpty(new CheckpointOptions().Problems());
    }

    // What a smaller encoder was worth says nothing of the one that it grows into.
    [TestMethod]
    public void TheBestOfAnEncoderThatGrowsIsSoughtOnceItHasGrown()
    {
        double[] losses = [0.1, 0.2, 0.3, 0.9, 0.5, 0.6, 0.7, 0.4]; // all blocks from the fourth on; patience would have ended it after the third
        var log = new ProgressLog();
        var options = Options with { LayerSchedule = new ProgressiveStacking(CopiedState.Copied, new GrowthStage(2, 0.5)) };
        using var trained = Train(
            options, task => new Altered(task) { Patience = 2, RestoresBest = true, Validation = done => new(losses[done - 1], 0.5) }, new() { Folder = _folder, EverySteps = 1, KeepLast = 9 }, log);
        CollectionAssert.AreEqual(new[] { 2, 2, 2, 2, 5, 5, 5 }, log.Select(step => step.BlocksRun).ToArray());
        using var kept = Kept(Path.Combine(_folder, "step-0000000005"), trained);
        var weights = kept.Weights.Tensors;
        foreach (var (name, value) in trained.Weights.All) CollectionAssert.AreEqual(weights[name].data<float>().ToArray(), value.data<float>().ToArray(), name);
    }

    [TestMethod]
    [DataRow(CancellationResult.ReturnBest)]
    [DataRow(CancellationResult.ReturnLatest)]
    public void AnEncoderThatIsStoppedWhileItGrowsGetsTheBlocksThatItWouldHaveGrown(CancellationResult result)
    {
        var log = new ProgressLog();
        using var stop = new CancellationTokenSource();
        var options = Options with { LayerSchedule = new ProgressiveStacking(CopiedState.Copied, new(2, 0.8), new(4, 0.9)) };
        using var returned = Train(options, task => new Altered(task)
        {
            Loss = (_, at, loss) =>
            {
                if (at == 5) stop.Cancel();
                return loss();
            },
            Validation = done => new(done == 2 ? 0.1 : 0.2, 0.5),
        }, new() { Folder = _folder, EverySteps = 1, KeepLast = 9, WhenCancelled = result }, log, stop.Token, TestCorpus.Runtime with { MicroBatchSize = 3 });
        StringAssert.Contains(string.Join(' ', log[^1].Notices), "had not grown to all of its blocks");
        using var kept = Kept(Path.Combine(_folder, $"step-{(result == CancellationResult.ReturnBest ? 2 : 5):D10}"), returned);
        var weights = kept.Weights.Tensors;
        foreach (var (name, value) in returned.Weights.All)
        {
            var source = SwitchableEncoder.BlockOf(name) is { } block ? name.Replace(SwitchableEncoder.BlockName(block), SwitchableEncoder.BlockName(block % 2)) : name;
            CollectionAssert.AreEqual(weights[source].data<float>().ToArray(), value.data<float>().ToArray(), name);
        }
    }

    [TestMethod]
    public void GrowingOverFrozenBlocksIsRefused() => StringAssert.Contains(
        Assert.ThrowsExactly<ArgumentException>(() => Train(Options with { LayerSchedule = new ProgressiveStacking(CopiedState.Copied, new GrowthStage(2, 0.5)), FrozenBlocks = 3 }, task => task)).Message,
        "LayerSchedule is ProgressiveStacking, which copies blocks over some of the lowest 3");

    // The weights of a checkpoint, in a network like another.
    private static BertPredictor Kept(string checkpoint, BertPredictor like)
    {
        var kept = new BertPredictor(like.Config, like.Tokenizer, like.Outputs, like.Pooling, torch.CPU, seed: 2);
        PretrainedFolder.ReadWeights(checkpoint, new(like.Config, like.Tokenizer, NetworkDescription.Classification), kept.Weights);
        return kept;
    }

    private static BertPredictor Train(
        FineTuningOptions options, Func<ITrainingTask, ITrainingTask> alter, CheckpointOptions? checkpoints = null, ProgressLog? log = null,
        CancellationToken stop = default, RuntimeOptions? runtime = null, IProgress<TrainingProgress>? sink = null)
    {
        var text = new LabelledTexts(22);
        var classifier = new BertPredictor(LabelledTexts.Config, LabelledTexts.Tokenizer, outputs: 3, options.Pooling, torch.CPU, seed: 1);
        try
        {
            var task = alter(new FineTuningTask(classifier, new ClassificationObjective(3), text.Examples, heldOut: null, options, runtime ?? TestCorpus.Runtime, torch.float32));
            new TrainingLoop(task, checkpoints ?? new(), sink ?? log ?? new ProgressLog(), stop.ThrowIfCancellationRequested).Run();
            return classifier;
        }
        catch
        {
            classifier.Dispose();
            throw;
        }
    }

    private sealed class WrongGradient : LeanFunction<WrongGradient>
    {
        public static torch.Tensor Apply(torch.Tensor x) => Run(x);

        protected override torch.Tensor Forward(torch.autograd.AutogradContext context, object[] inputs) => ((torch.Tensor)inputs[0]).clone();

        protected override List<torch.Tensor?> Backward(torch.autograd.AutogradContext context, List<torch.Tensor> saved, torch.Tensor gradient) => [torch.ones(2)];
    }

    /// <summary>A task whose losses or validations are meddled with.</summary>
    private sealed class Altered(ITrainingTask task) : ITrainingTask
    {
        /// <summary>Given the micro-batch size, the step and the loss.</summary>
        public Func<int, long, Func<torch.Tensor>, torch.Tensor> Loss { get; init; } = (_, _, loss) => loss();

        public Func<long, HeldOutResult?> Validation { get; init; } = _ => null;

        public MemoryEstimate? Estimate { get; init; }

        public int Patience { get; init; }
        public bool RestoresBest { get; init; }

        public string Stage => task.Stage;
        public long Steps => task.Steps;
        public ParameterStore Weights => task.Weights;
        public NetworkDescription Network => task.Network;
        public AdamWOptions Optimizer => task.Optimizer;
        public LearningRateSchedule LearningRate => task.LearningRate;
        public ILayerSchedule LayerSchedule => task.LayerSchedule;
        public IReadOnlyDictionary<string, string> Options => task.Options;
        public IReadOnlyDictionary<string, string> Runtime => task.Runtime;
        public IReadOnlyDictionary<string, string> Calls => task.Calls;
        public ICollective Ranks => task.Ranks;
        public bool ShardsOptimizer => task.ShardsOptimizer;
        public StepCut Cut => task.Cut;

        public MemoryEstimate Memory(bool keepsCheckpoints) => Estimate ?? task.Memory(keepsCheckpoints);

        public void Initialize() => task.Initialize();

        public IReadOnlyList<BlockChange>? Measured
        {
            get => task.Measured;
            set => task.Measured = value;
        }

        public IEnumerable<StepBatch> From(long step, int microBatchSize)
        {
            foreach (var batch in task.From(step, microBatchSize))
            {
                var at = step++;
                yield return batch with { Losses = [.. batch.Losses.Select(loss => (MicroBatchLoss)(pieces => Loss(microBatchSize, at, () => loss(pieces))))] };
            }
        }

        public long DataPosition(long step) => task.DataPosition(step);

        public HeldOutResult? Validate(long stepsDone, Action? checkAlive) => Validation(stepsDone);
    }
}
