using System.Globalization;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>The most memory that training holds, on Linux.</summary>
internal sealed class MemorySuite() : Suite("memory", "The most memory of a training step on the processor, by batch size and precision, and what was predicted (Linux).")
{
    public override void Run(SuiteArguments arguments, Report report)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("The suite 'memory' reads /proc.");
        using var books = new BookCorpus(8_192);
        foreach (var batch in new[] { 16, 32, 64 })
        {
            var shape = new StepShape("mini", BertConfig.Mini with { VocabularySize = books.Tokenizer.Vocabulary.Count }, batch, 128, Dropout: 0.1);
            foreach (var precision in new[] { Precision.BFloat16, Precision.Float32 })
                foreach (var recompute in new[] { false, true })
                    Measure(
                        report, shape, $"ours {precision}{(recompute ? ", recomputed" : "")}",
                        () => new OurStep(shape, books, _ => shape.Dense, new RuntimeOptions { Device = "cpu", Precision = precision, RecomputeActivations = recompute, MicroBatchSize = batch }),
                        step => step.Run(), arguments.Rounds(3), step => step.Memory);
            Measure(report, shape, "ordinary", () => new OrdinaryStep(shape), step => step.Run(), arguments.Rounds(3));
        }
    }

    private static void Measure<T>(Report report, StepShape shape, string name, Func<T> make, Action<T> run, int steps, Func<T, MemoryEstimate>? predict = null) where T : IDisposable
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Allocator.GiveBack(); // what earlier arms have freed
        File.WriteAllText("/proc/self/clear_refs", "5"); // the peak starts again from what is held now
        var before = Status("VmRSS");
        MemoryEstimate? predicted;
        using (var step = make())
        {
            predicted = predict?.Invoke(step);
            for (var i = 0; i < steps; i++) run(step);
        }
        var gigabytes = (Status("VmHWM") - before) * 1024 / 1e9;
        report.Add(("arm", name), ("preset", shape.Name), ("batch", shape.BatchSize), ("sequence", shape.SequenceLength), ("gigabytes", gigabytes), ("predicted", predicted?.Total / 1e9 ?? double.NaN));
    }

    // In kilobytes.
    private static double Status(string name) =>
        double.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal)).Split([' ', '\t', ':'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
