using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>Fuzzes a range of inputs in a process, and in another one after it has died or had to be killed.</summary>
internal static class FuzzProcess
{
    // Generous, as the machine has other things to do; what takes over two seconds in the process is a finding too.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private static readonly (string Name, string Value)[] Surroundings =
    [
        ("DOTNET_GCHeapHardLimit", "0x40000000"), // 1 GiB: a parser that wants more gets an exception
        ("DOTNET_gcServer", "0"), ("PLD_DEVICE", "cpu"), ("OMP_NUM_THREADS", "1"), ("MKL_NUM_THREADS", "1"), ("DOTNET_DbgEnableMiniDump", "0"),
    ];

    /// <returns>The figures, and what was found: one line each.</returns>
    public static (FuzzFigures Figures, IReadOnlyList<string> Findings) Run(string target, string folder, string findingsFolder, long from, long to, int seed)
    {
        var findings = new List<string>();
        var scratchPath = Path.Combine(folder, "scratch");
        using var scratch = new FuzzScratch(scratchPath);
        var killed = -1L;
        while (from < to)
        {
            scratch.IsParsing = false;
            using var process = Start("fuzz-worker", target, folder, scratchPath, findingsFolder, Text(from), Text(to), Text(seed));
            var errors = process.StandardError.ReadToEndAsync();
            var reading = Task.Run(() =>
            {
                while (process.StandardOutput.ReadLine() is { } line)
                    if (line.StartsWith(FuzzWorker.Finding, StringComparison.Ordinal)) findings.Add(line[FuzzWorker.Finding.Length..]);
            });
            var hangs = !WaitWhileItMoves(process, scratch);
            if (hangs) process.Kill();
            process.WaitForExit();
            reading.Wait();
            if (process.ExitCode == 0) break;
            if (!hangs && !scratch.IsParsing) throw new InvalidOperationException($"The fuzzing of '{target}' failed: {errors.Result}");

            from = scratch.Number;
            if (hangs && killed != from)
            {
                killed = from; // once more
                continue;
            }
            var figures = scratch.Figures;
            scratch.Figures = figures with { Inputs = figures.Inputs + 1, Findings = figures.Findings + 1 };
            var path = Path.Combine(Directory.CreateDirectory(findingsFolder).FullName, $"{target}-{from}");
            File.WriteAllBytes(path, scratch.Input);
            findings.Add($"{path}: {(hangs ? "hangs" : $"the process died with exit code {process.ExitCode}: {errors.Result}")}");
            from++;
        }
        return (scratch.Figures, findings);
    }

    private static bool WaitWhileItMoves(Process process, FuzzScratch scratch)
    {
        var (number, since) = (-1L, Stopwatch.GetTimestamp());
        while (!process.WaitForExit(200))
        {
            if (scratch.Number != number || !scratch.IsParsing) (number, since) = (scratch.Number, Stopwatch.GetTimestamp());
            else if (Stopwatch.GetElapsedTime(since) > Patience) return false;
        }
        return true;
    }

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [.. TrainingProcess.Self(), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Surroundings) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
