using System.Globalization;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>Fuzzes one parser in a process of its own, which may die of it: see <see cref="FuzzProcess"/>.</summary>
internal static class FuzzWorker
{
    public const string Finding = "finding ";

    /// <param name="arguments">Target, work folder, scratch file, findings folder, first number, number after the last, seed.</param>
    public static int Run(string[] arguments)
    {
        var (from, to, seed) = (Number(arguments[4]), Number(arguments[5]), Number(arguments[6]));
        using var target = FuzzTarget.Make(arguments[0], arguments[1]);
        using var scratch = new FuzzScratch(arguments[2]);
        var mutator = new Mutator(target.Seeds, (ulong)seed);
        foreach (var good in target.Seeds)
            for (var times = 0; times < 3; times++) // compiled, and static tables made
                if (FuzzTrial.Run(target, good.Bytes) is { Unexpected: not null } or { IsRefused: true })
                    throw new InvalidOperationException($"A good file of '{arguments[0]}' was not accepted.", FuzzTrial.Run(target, good.Bytes).Unexpected);

        var figures = scratch.Figures;
        for (var number = from; number < to; number++)
        {
            var input = mutator.Make(number);
            (scratch.Number, scratch.Input, scratch.IsParsing) = (number, input, true);
            var trial = FuzzTrial.Run(target, input);
            var (problem, factor) = (trial.Unexpected is { } failure ? Describe(failure) : null, trial.Factor(target, input));
            if (problem is null && trial.Seconds > FuzzTrial.Slow.TotalSeconds)
            {
                // The machine has other things to do.
                trial = FuzzTrial.Run(target, input);
                if (trial.Seconds > FuzzTrial.Slow.TotalSeconds) problem = $"takes {trial.Seconds:F1} s";
            }
            if (factor > target.FactorFor(input))
            {
                trial = trial.Confirm(target, input);
                factor = trial.Factor(target, input);
                if (factor > target.FactorFor(input)) problem ??= $"{(trial.IsRefused ? "refused" : "accepted")}, allocates {trial.Allocated:N0} bytes for {input.Length:N0}";
            }
            if (trial.Leaked > 0) problem ??= $"{(trial.IsRefused ? "refused" : "accepted")}, leaves {trial.Leaked} tensors behind";
            scratch.IsParsing = false;
            if (problem is not null) Report(arguments[3], arguments[0], number, input, problem);
            figures += new FuzzFigures(
                1, trial.Unexpected is null && !trial.IsRefused ? 1 : 0, trial.IsRefused ? 1 : 0, problem is null ? 0 : 1, trial.Seconds, factor);
            scratch.Figures = figures;
        }
        return 0;
    }

    /// <summary>Says how a parser takes an input, the second time.</summary>
    public static int Replay(string name, byte[] input)
    {
        using var work = new WorkFolder("fuzz");
        using var target = FuzzTarget.Make(name, work.Path);
        FuzzTrial.Run(target, input);
        var trial = FuzzTrial.RunAfresh(target, input);
        Console.WriteLine(FormattableString.Invariant(
            $"{(trial.IsRefused ? "refused" : trial.Unexpected is null ? "accepted" : $"{trial.Unexpected}")}; {trial.Seconds * 1e3:F1} ms, {trial.Allocated:N0} bytes for {input.Length:N0} ({trial.Factor(target, input):F1}x), {trial.Leaked} tensors left"));
        return trial.Unexpected is null && trial.Leaked == 0 && trial.Factor(target, input) <= target.FactorFor(input) ? 0 : 1;
    }

    /// <summary>Keeps the input.</summary>
    public static void Report(string folder, string target, long number, byte[] input, string problem)
    {
        var path = Path.Combine(Directory.CreateDirectory(folder).FullName, $"{target}-{number}");
        File.WriteAllBytes(path, input);
        Console.WriteLine($"{Finding}{path}: {problem}");
    }

    // With the place, so that one cause of many findings is seen as one.
    private static string Describe(Exception failure)
    {
        var places = (failure.StackTrace ?? "").Split('\n').Where(line => line.Contains(nameof(Microsoft.ML.PLD), StringComparison.Ordinal)).Select(line => line.Trim()).Take(2);
        var message = failure.Message.Split('\n')[0];
        return $"{failure.GetType().Name} {(message.Length > 120 ? message[..120] : message)} {string.Join(' ', places)}";
    }

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
