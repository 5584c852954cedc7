namespace Microsoft.ML.PLD.FaultTests;

/// <summary>Kills trainings at random moments and resumes them, until they end: the last weights must be those of a training that nobody killed.</summary>
internal static class KillBench
{
    private const int EverySteps = 3;

    /// <param name="kills">How many, at least.</param>
    /// <param name="signal">Null: SIGKILL, which no process can handle. Else one that the library does: <c>TERM</c>, <c>INT</c>.</param>
    /// <param name="seed">Of the moments.</param>
    public static KillResult Run(int kills, string? signal, int seed)
    {
        using var work = new WorkFolder("kill");
        var text = Path.Combine(work.Path, "text");
        _ = new PreparedText(text);
        var random = new Random(seed);
        var result = new KillResult();
        for (var round = 0; result.Kills < kills; round++)
            foreach (var training in TrainingCase.All((ulong)round + 1).TakeWhile(_ => result.Kills < kills))
                result += Run(training, text, Path.Combine(work.Path, $"{round}-{training.Name}-{training.Precision}"), kills - result.Kills, signal, random);
        return result;
    }

    private static KillResult Run(TrainingCase training, string text, string folder, int kills, string? signal, Random random)
    {
        using (var whole = new TrainingProcess(training, text, folder + "-whole", everySteps: 0))
            if (whole.Wait() != 0) throw new InvalidOperationException($"The undisturbed training failed: {whole.Errors}");

        var (killed, lost) = (0, 0);
        var acknowledged = -1L;
        while (true)
        {
            using var process = new TrainingProcess(training, text, folder, EverySteps);
            if (killed < kills)
            {
                // Most often between steps and checkpoints; now and then while it loads, and while it reads the checkpoint.
                var at = acknowledged < 0 ? 0 : acknowledged;
                var moment = random.Next(8) == 0 ? TimeSpan.FromMilliseconds(random.Next(1_200)) : Timeout.InfiniteTimeSpan;
                var steps = at + random.Next(1, 60);
                var since = DateTime.UtcNow;
                while (!process.HasExited && process.Step < steps && (moment == Timeout.InfiniteTimeSpan || DateTime.UtcNow - since < moment)) Thread.Sleep(1);
                Thread.Sleep(random.Next(12)); // anywhere within a step
                if (!process.HasExited)
                {
                    killed++;
                    if (signal is null) process.Kill();
                    else process.Signal(signal);
                }
            }
            var code = process.Wait();
            if (code is null) return new(killed, 0, lost + 1, [$"{training}: the process hangs."]);
            // A checkpoint that was said to be on the disk is there for the next process.
            if (process.Step >= 0 && process.Resumed < acknowledged) lost++;
            acknowledged = Math.Max(acknowledged, process.Checkpoint);
            if (code == 0) break;
            var expected = signal is null ? 137 : 3;
            if (code != expected && !(signal is not null && process.Step < 0)) return new(killed, 0, lost + 1, [$"{training}: exit code {code}. {process.Errors}"]);
        }
        var same = TrainingCase.Result(folder) == TrainingCase.Result(folder + "-whole");
        Console.WriteLine($"{training.Name}, {training.Precision}: {killed} times {signal ?? "KILL"}, {(same ? "the same" : "OTHER")} weights and optimizer state, {lost} checkpoints lost");
        return new(killed, same ? killed : 0, lost, same ? [] : [$"{training}: the weights differ."]);
    }
}

/// <param name="Kills">How often a process was killed.</param>
/// <param name="Survived">Of these, in trainings that ended as the undisturbed one.</param>
/// <param name="Lost">Checkpoints that were said to be on the disk and were not.</param>
/// <param name="Failures">What went wrong.</param>
internal readonly record struct KillResult(int Kills, int Survived, int Lost, IReadOnlyList<string> Failures)
{
    public KillResult() : this(0, 0, 0, [])
    {
    }

    public static KillResult operator +(KillResult a, KillResult b) => new(a.Kills + b.Kills, a.Survived + b.Survived, a.Lost + b.Lost, [.. a.Failures, .. b.Failures]);
}
