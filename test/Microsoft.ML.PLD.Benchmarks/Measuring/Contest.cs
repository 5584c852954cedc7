using System.Diagnostics;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>
/// Measures arms in turn in one process: arm 1, arm 2, ..., arm 1, ...: what disturbs the machine for a while disturbs all of them alike, so that
/// their ratios hold where their times do not.
/// </summary>
internal static class Contest
{
    /// <param name="arms">The work to measure.</param>
    /// <param name="rounds">Measurements of each arm.</param>
    /// <param name="warmUp">Runs of each arm before them.</param>
    /// <param name="afterWarmUp">Called between the two.</param>
    /// <param name="inARow">
    /// Measurements of an arm before the next one's turn, with as many runs before them that do not count: threads of an arm that wait for more work, turning, disturb the next for a while.
    /// </param>
    /// <param name="beforeEach">Called before each measurement, and not measured.</param>
    public static void Run(IReadOnlyList<Arm> arms, int rounds, int warmUp = 2, Action? afterWarmUp = null, int inARow = 1, Action? beforeEach = null)
    {
        for (var round = -warmUp; round < rounds; round++)
        {
            if (round == 0) afterWarmUp?.Invoke();
            foreach (var arm in arms)
                for (var run = inARow > 1 ? -inARow : 0; run < inARow; run++)
                {
                    beforeEach?.Invoke();
                    var start = Stopwatch.GetTimestamp();
                    var work = arm.Run();
                    var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                    if (round >= 0 && run >= 0) arm.Samples.Add(seconds, work);
                }
        }
    }
}

/// <summary>One of the things that are compared.</summary>
/// <param name="name">What it is called in reports.</param>
/// <param name="run">Does the work once, and says how much that was: 1, or a factor where runs differ.</param>
internal sealed class Arm(string name, Func<double> run)
{
    public Arm(string name, Action run) : this(name, () =>
    {
        run();
        return 1;
    })
    { }

    public string Name => name;

    /// <summary>Seconds for an amount of work of 1.</summary>
    public Samples Samples { get; } = new();

    public double Run() => run();
}
