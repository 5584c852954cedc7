using System.Diagnostics;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>Mutated files for each parser of files that strangers may have made: each must be read or refused, in time, and without taking much memory.</summary>
internal static class FuzzBench
{
    /// <param name="targets">Names of parsers; none: all.</param>
    /// <param name="times">The number of inputs for each, but for <see cref="FuzzTarget.ShareOf"/>.</param>
    /// <param name="seed">Of the inputs.</param>
    /// <param name="processes">How many at a time.</param>
    /// <returns>How many inputs there were, and what was found.</returns>
    public static (long Inputs, long Crashes, IReadOnlyList<string> Findings) Run(IReadOnlyList<string> targets, long times, int seed, int processes)
    {
        var kept = Path.Combine(Path.GetTempPath(), "pld-fuzz-findings");
        var all = new FuzzFigures();
        var findings = new List<string>();
        Console.WriteLine($"{"parser",-18} {"inputs",9} {"accepted",9} {"refused",9} {"a second",9} {"slowest",8} {"memory",8} findings");
        foreach (var target in targets.Count == 0 ? [.. FuzzTarget.Names] : targets)
        {
            var start = Stopwatch.GetTimestamp();
            var inputs = (long)(times * FuzzTarget.ShareOf(target));
            var parts = Enumerable.Range(0, processes).Select(part => Task.Factory.StartNew(() =>
            {
                using var work = new WorkFolder("fuzz", inMemory: true);
                return FuzzProcess.Run(target, work.Path, kept, inputs * part / processes, inputs * (part + 1) / processes, seed);
            }, TaskCreationOptions.LongRunning)).ToArray();
            var figures = parts.Aggregate(new FuzzFigures(), (sum, part) => sum + part.Result.Figures);
            Console.WriteLine(FormattableString.Invariant(
                $"{target,-18} {figures.Inputs,9} {figures.Accepted,9} {figures.Refused,9} {figures.Inputs / Stopwatch.GetElapsedTime(start).TotalSeconds,9:F0} {figures.Slowest * 1e3,5:F0} ms {figures.WorstFactor,7:F1}x {figures.Findings}"));
            all += figures;
            findings.AddRange(parts.SelectMany(part => part.Result.Findings));
        }
        return (all.Inputs, all.Findings, findings);
    }
}
