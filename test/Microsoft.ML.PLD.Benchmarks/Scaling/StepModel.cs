namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>How long a step of several ranks takes: what a rank computes, what it sends, and how much of the sending is hidden.</summary>
/// <param name="Layers">Blocks.</param>
/// <param name="Blocks">Seconds that all blocks take, forward and backward.</param>
/// <param name="Rest">Seconds of everything else: embeddings, head, optimizer.</param>
/// <param name="BlockBytes">Gradients of a block.</param>
/// <param name="RestBytes">Gradients of everything else.</param>
internal sealed record StepModel(int Layers, double Blocks, double Rest, double BlockBytes, double RestBytes)
{
    // Forward is a third: backward multiplies twice.
    private const double Backward = 2.0 / 3;

    // Of the fingerprint before a step, the masked tokens, what is agreed on after it, and the norm.
    private const int SmallSums = 4;

    /// <summary>Seconds of a step in which these blocks run.</summary>
    /// <param name="computes">Whether the slowest rank runs a block.</param>
    /// <param name="sends">Whether a block's gradients are sent: if any rank runs it.</param>
    /// <param name="link">What joins the ranks.</param>
    /// <param name="ranks">How many.</param>
    /// <param name="early">Whether a block's gradients are sent while those of the blocks below are computed.</param>
    /// <param name="taken">What share of a processor sending takes from the computation beside it: 1, nothing is hidden.</param>
    public double Seconds(IReadOnlyList<bool> computes, IReadOnlyList<bool> sends, Link link, int ranks, bool early, double taken)
    {
        var block = Blocks / Layers;
        var now = Rest + computes.Count(runs => runs) * block * (1 - Backward);
        var free = now; // when the link is
        for (var i = Layers - 1; i >= 0; i--)
        {
            if (computes[i])
            {
                // What is still being sent meanwhile slows it down.
                var work = block * Backward;
                var beside = Math.Max(0, free - now);
                now += taken >= 1 ? beside + work : beside * (1 - taken) >= work ? work / (1 - taken) : work + beside * taken;
            }
            if (sends[i] && early) free = Math.Max(now, free) + link.Sum(BlockBytes, ranks);
        }
        now = Math.Max(now, early ? free : now);
        if (!early) now += sends.Count(sent => sent) * link.Sum(BlockBytes, ranks);
        return now + link.Sum(RestBytes, ranks) + SmallSums * link.Sum(16, ranks);
    }

    /// <summary>The mean over plans that all ranks share.</summary>
    public double Mean(IEnumerable<bool[]> plans, Link link, int ranks, bool early, double taken) => plans.Average(plan => Seconds(plan, plan, link, ranks, early, taken));

    /// <summary>The mean where each rank draws a plan of its own: the slowest one decides, and a block is sent if any rank has it.</summary>
    public double MeanOfOwnPlans(Func<int, int, bool[]> planOf, int steps, Link link, int ranks, bool early, double taken) => Enumerable.Range(0, steps).Average(step =>
    {
        var plans = Enumerable.Range(0, ranks).Select(rank => planOf(step, rank)).ToArray();
        var slowest = plans.MaxBy(plan => plan.Count(runs => runs))!;
        return Seconds(slowest, [.. Enumerable.Range(0, Layers).Select(block => plans.Any(plan => plan[block]))], link, ranks, early, taken);
    });
}
