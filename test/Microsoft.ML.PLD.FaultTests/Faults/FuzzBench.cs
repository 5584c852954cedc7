using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>Gives every parser files that are almost right, a great many: each must be read or refused, soon, and with no more memory than it is worth.</summary>
internal static class FuzzBench
{
    private const int MostDeaths = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="times">Files for each parser.</param>
    /// <param name="seed">Of the files.</param>
    /// <param name="only">The name of one parser; null: all.</param>
    /// <returns>Files parsed, files that did harm, and what that was.</returns>
    public static (long Inputs, int Crashes, IReadOnlyList<string> Failures) Run(long times, int seed, string? only = null)
    {
        using var work = new WorkFolder("fuzz");
        var failures = new List<string>();
        var inputs = 0L;
        foreach (var target in (only is null ? FuzzTargets.Names : [only]).Select(FuzzTargets.Make))
        {
            var clock = Stopwatch.StartNew();
            var processes = Environment.ProcessorCount;
            var runs = Enumerable.Range(0, processes)
                .Select(process => Task.Run(() => Run(target, seed, process, times, processes, Path.Combine(work.Path, $"number-{process}")))).ToArray();
            Task.WaitAll(runs);
            var all = runs.Select(run => run.Result).ToArray();
            inputs += all.Sum(run => run.Accepted + run.Refused);
            var found = all.SelectMany(run => run.Failures).ToArray();
            failures.AddRange(found);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{target.Name}: {times:N0} files, {all.Sum(run => run.Accepted):N0} read, {all.Sum(run => run.Refused):N0} refused, {found.Length} did harm; the slowest took {all.Max(run => run.Milliseconds):F0} ms, "
                + $"the most memory was {Math.Max(0, all.Max(run => run.Factor)):F1} times the file and {FuzzTarget.Allowance >> 10} KB (at most {target.Factor}); {clock.Elapsed.TotalSeconds:F0} s"));
        }
        return (inputs, failures.Count, failures);
    }

    private static Result Run(FuzzTarget target, int seed, long first, long end, int stride, string numberFile)
    {
        var result = new Result(0, 0, 0, double.MinValue, []);
        for (var deaths = 0; first < end && deaths <= MostDeaths; deaths++)
        {
            using var process = Start(target.Name, seed, first, end, stride, numberFile);
            var errors = process.StandardError.ReadToEndAsync();
            var reading = Task.Run(() => Read(process, target, seed));
            var hangs = !WaitFor(process, numberFile);
            var part = reading.GetAwaiter().GetResult();
            result += part;
            if (part.IsWhole) return result;
            // It died, or had to be: of the file it was at.
            var number = Math.Max(NumberIn(numberFile), first);
            result += new Result(0, 0, 0, double.MinValue, [Describe(target, seed, number, hangs ? "hangs" : $"ended the process with code {process.ExitCode}: {errors.Result}")]);
            first = number + stride;
        }
        return result;
    }

    private static Process Start(string target, int seed, long first, long end, int stride, string numberFile)
    {
        string[] arguments = [.. TrainingProcess.Self(), "fuzzing", target, .. new[] { seed, first, end, stride }.Select(number => number.ToString(CultureInfo.InvariantCulture)), numberFile];
        var start = new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MALLOC_TOP_PAD_"] = "0"; // so that the process takes from the system what it needs, and it shows
        start.Environment["MALLOC_ARENA_MAX"] = "1"; // a thread's own takes 128 MB of addresses at once
        start.Environment["OMP_NUM_THREADS"] = "1";
        return Process.Start(start)!;
    }

    // False: it was killed, because for a long time it was at the same file.
    private static bool WaitFor(Process process, string numberFile)
    {
        var (last, since) = (long.MinValue, Stopwatch.StartNew());
        while (!process.WaitForExit(TimeSpan.FromSeconds(1)))
        {
            var now = NumberIn(numberFile);
            if (now != last) (last, since) = (now, Stopwatch.StartNew());
            if (since.Elapsed < Patience) continue;
            process.Kill();
            process.WaitForExit();
            return false;
        }
        return true;
    }

    private static long NumberIn(string file)
    {
        if (!File.Exists(file)) return -1;
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new BinaryReader(stream);
        return stream.Length >= sizeof(long) ? reader.ReadInt64() : -1;
    }

    private static Result Read(Process process, FuzzTarget target, int seed)
    {
        var result = new Result(0, 0, 0, double.MinValue, []);
        while (process.StandardOutput.ReadLine() is { } line)
            if (line.StartsWith(FuzzProcess.Finding, StringComparison.Ordinal))
            {
                var parts = line[FuzzProcess.Finding.Length..].Split(' ', 2);
                result += new Result(0, 0, 0, double.MinValue, [Describe(target, seed, long.Parse(parts[0], CultureInfo.InvariantCulture), parts[1])]);
            }
            else if (line.StartsWith(FuzzProcess.Done, StringComparison.Ordinal))
            {
                var figures = line[FuzzProcess.Done.Length..].Split(' ').Select(figure => double.Parse(figure, CultureInfo.InvariantCulture)).ToArray();
                result += new Result((long)figures[0], (long)figures[1], figures[2], figures[3], []) { IsWhole = true };
            }
        return result;
    }

    // Keeps the file, for a test.
    private static string Describe(FuzzTarget target, int seed, long number, string what)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "pld-findings", $"{string.Concat(target.Name.Split(Path.GetInvalidFileNameChars().Append(' ').ToArray()))}-{seed}-{number}"));
        var parts = target.Input(seed, number);
        for (var part = 0; part < parts.Length; part++) File.WriteAllBytes(Path.Combine(folder.FullName, $"{part}"), parts[part]);
        return $"{target.Name}, seed {seed}, file {number} (kept in '{folder.FullName}'): {what}";
    }

    private readonly record struct Result(long Accepted, long Refused, double Milliseconds, double Factor, IReadOnlyList<string> Failures)
    {
        /// <summary>Whether the process came to its end.</summary>
        public bool IsWhole { get; init; }

        public static Result operator +(Result a, Result b) => new(
            a.Accepted + b.Accepted, a.Refused + b.Refused, Math.Max(a.Milliseconds, b.Milliseconds), Math.Max(a.Factor, b.Factor), [.. a.Failures, .. b.Failures])
        {
            IsWhole = a.IsWhole || b.IsWhole,
        };
    }
}
