using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>What each rank of a job runs: a <see cref="RankCase"/>.</summary>
internal static class RankProcess
{
    public const string Command = "rank", BytesMark = "bytes a step ", MemoryMark = "most memory ";

    /// <param name="arguments">The case, the folder of the prepared text, the folder for checkpoints and the model.</param>
    public static int Run(string[] arguments)
    {
        var (what, text, folder) = (RankCase.Parse(arguments[0]), new PreparedText(arguments[1]), arguments[2]);
        if (what.Fault == RankCase.Early && what.Rank == DistributedJob.Rank)
        {
            Console.Error.WriteLine("There is no such file."); // as a command line says it
            return 1;
        }
        if (what.Fits) return Fit(what, Path.Combine(folder, "model"));
        var checkpoints = new CheckpointOptions { Folder = Path.Combine(folder, "checkpoints"), EverySteps = what.IsBase ? 0 : 3, Interval = TimeSpan.Zero, ResumeFrom = CheckpointOptions.Latest };
        var runtime = new RuntimeOptions { Device = "cpu", Precision = Precision.Float32, Threads = 1, Workers = 1, ShardOptimizer = what.ShardOptimizer };
        using var corpus = TokenCorpus.Open(text.CorpusFolder, text.Tokenizer.Vocabulary);
        var counted = new Counted();
        var taken = 0L;
        TorchRuntime.EnsureLoaded();
        // BERT-base has as many embeddings as its vocabulary has pieces, whatever this text has.
        using var large = what.IsBase ? new BertModel(what.Config, text.Tokenizer, nextSentence: false, TorchSharp.torch.CPU, seed: 1) : null;
        using var model = (large is null ? new BertPretrainer(what.Config, what.Options, runtime, checkpoints) : new BertPretrainer(large, what.Options, runtime)).Train(corpus, text.Tokenizer, counted, () =>
        {
            if (++taken == what.Step && what.Rank == DistributedJob.Rank) Happen(what.Fault); // a micro-batch a step
        });
        if (!DistributedJob.IsFirst) return 0;
        if (!what.IsBase) model.SavePretrained(Path.Combine(folder, "model"));
        Console.WriteLine(FormattableString.Invariant($"{BytesMark}{counted.BytesOfStep:F0}"));
        Console.WriteLine(FormattableString.Invariant($"{MemoryMark}{Process.GetCurrentProcess().PeakWorkingSet64}"));
        return 0;
    }

    private static int Fit(RankCase what, string folder)
    {
        string[] words = ["the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog", "cat"];
        var rows = Enumerable.Range(0, 60).Select(i => new Row { Text = string.Join(' ', Enumerable.Range(0, 9).Select(j => words[(7 * i + i * j + j) % words.Length])), Label = i % 3 == 0 });
        var mlContext = new MLContext(seed: 1);
        var data = mlContext.Data.LoadFromEnumerable(rows);
        var runtime = new RuntimeOptions { Device = "cpu", Precision = Precision.Float32, Threads = 1, Workers = 1, ShardOptimizer = what.ShardOptimizer };
        var config = what.Config with { MaxPositions = 37 };
        using var encoder = mlContext.Transforms.PldBert("Features", "Text", new PldBertEstimator.Options
        {
            Config = config, Pretraining = what.Options with { Steps = 8 }, Runtime = runtime, VocabularySize = 60, MaxLength = 16,
        }).Fit(data);
        using var classifier = mlContext.BinaryClassification.Trainers.PldBert(new PldBertBinaryTrainer.Options
        {
            Sentence1ColumnName = "Text", Pretrained = encoder.Model, Runtime = runtime,
            FineTuning = new() { Epochs = 2, BatchSize = 7, MaxLength = 16, Seed = 1, ValidationShare = 0.2, LearningRate = new() { Peak = 3 }, Optimizer = what.Options.Optimizer },
        }).Fit(data);
        if (DistributedJob.IsFirst) classifier.SavePretrained(folder);
        return 0;
    }

    private static void Happen(string? fault)
    {
        switch (fault)
        {
            case RankCase.Kill:
                Process.GetCurrentProcess().Kill();
                break;
            case RankCase.Exit:
                Environment.Exit(0);
                break;
            case RankCase.HardExit:
                ExitAtOnce(0);
                break;
            case RankCase.Throw:
                throw new InvalidDataException("The text is broken.");
            case RankCase.Hang:
                Thread.Sleep(Timeout.Infinite);
                break;
        }
    }

    [DllImport("libc", EntryPoint = "_exit")]
    private static extern void ExitAtOnce(int code);

    private sealed class Row
    {
        public string Text { get; set; } = "";
        public bool Label { get; set; }
    }

    // Bytes between the first and the last report: neither the weights at the beginning nor validations.
    private sealed class Counted : IProgress<TrainingProgress>
    {
        private readonly List<(long Step, long Bytes)> _seen = [];

        public double BytesOfStep => _seen.Count < 3 ? 0 : (double)(_seen[^2].Bytes - _seen[0].Bytes) / (_seen[^2].Step - _seen[0].Step);

        public void Report(TrainingProgress value)
        {
            _seen.Add((value.Step, DistributedJob.Current.Bytes));
            Console.WriteLine(value.Step.ToString(CultureInfo.InvariantCulture));
        }
    }
}
