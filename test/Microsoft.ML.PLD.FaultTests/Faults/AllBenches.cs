using System.Text.Json;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>All benches one after the other; the last line is a JSON object with the figures.</summary>
internal static class AllBenches
{
    /// <param name="isShort">As many of each as a build server has time for.</param>
    /// <param name="seed">Of all that is drawn at random.</param>
    /// <returns>What went wrong.</returns>
    public static IReadOnlyList<string> Run(bool isShort, int seed)
    {
        var (kills, signals, corruptions, inputs) = isShort ? (20, 4, 300, 20_000) : (60, 24, 1_000, 1_000_000);
        var failures = new List<string>();

        Title("SIGKILL at random moments");
        var killed = KillBench.Run(kills, signal: null, seed);
        Title("SIGTERM at random moments");
        var signalled = KillBench.Run(signals, "TERM", seed);
        Title("Damaged checkpoints");
        var corrupted = CorruptionBench.Run(corruptions, seed);
        Title("Hostile files");
        var fuzzed = FuzzBench.Run([], inputs, seed, Math.Min(2, Environment.ProcessorCount));
        failures.AddRange([.. killed.Failures, .. signalled.Failures, .. corrupted.Failures, .. fuzzed.Findings]);
        if (!isShort)
        {
            Title("Full disks, read-only folders");
            failures.AddRange(DiskBench.Run(1).Failures);
            Title("Memory of 2,000 steps");
            failures.AddRange(MemoryCurve.Run());
            Title("Cost of a checkpoint");
            failures.AddRange(CheckpointCost.Run());
        }
        foreach (var failure in failures) Console.WriteLine($"FAILED: {failure}");
        Console.WriteLine();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            kills = killed.Kills + signalled.Kills,
            survived = killed.Survived + signalled.Survived,
            lost = killed.Lost + signalled.Lost,
            corruptions,
            detected = corrupted.Detected,
            fuzz_inputs = fuzzed.Inputs,
            fuzz_crashes = fuzzed.Crashes,
        }));
        return failures;
    }

    private static void Title(string text) => Console.WriteLine($"\n== {text}");
}
