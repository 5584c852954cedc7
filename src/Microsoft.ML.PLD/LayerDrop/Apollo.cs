namespace Microsoft.ML.PLD;

/// <summary>
/// Apollo: few blocks with weights of their own, run as a deeper encoder that shares them; how deep is drawn for each step, shallow more often than deep. Stage
/// by stage there are more blocks. Pan et al., "Preparing Lessons for Progressive Training on Language Models", AAAI 2024.
/// </summary>
/// <remarks>
/// With N blocks, a depth l from N to L is drawn by low-value-prioritised sampling, and run j of l is that of block floor(j N / l): 1, 1, 2, 2 for two blocks and
/// four runs. When N becomes N', block i takes the weights of block floor(i N / N'), by the same map. Over 12 blocks the depths drawn are 1.8, 4.2 and 7.1 on average with
/// 1, 3 and 6 of them.
/// </remarks>
public sealed record Apollo : ILayerSchedule
{
    private const double Smallest = 1e-6;

    private static readonly GrowthStage[] Usual = [new(1, 0.05), new(3, 0.1), new(6, 0.25)];

    /// <summary>1, 3 and 6 blocks up to 5, 10 and 25 % of the steps, then all: the paper's stages for 12 blocks. State copied.</summary>
    public Apollo() : this(CopiedState.Copied, Usual)
    {
    }

    /// <summary>Makes the schedule.</summary>
    /// <param name="state">What the optimizer knows of new blocks.</param>
    /// <param name="stages">How many blocks have weights of their own, before all have.</param>
    /// <exception cref="ArgumentException">Blocks or shares do not rise, or a share is not in (0, 1].</exception>
    public Apollo(CopiedState state, params GrowthStage[] stages) => (State, Stages) = (state, StageShares.Checked(stages));

    /// <summary>What the optimizer knows of new blocks.</summary>
    public CopiedState State { get; }

    /// <summary>How many blocks have weights of their own, before all have.</summary>
    public IReadOnlyList<GrowthStage> Stages { get; }

    /// <inheritdoc/>
    public double[] KeepProbabilities(long step, long totalSteps, int layers) => Stages.KeepProbabilities(step, totalSteps, layers);

    /// <inheritdoc/>
    public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed)
    {
        var unique = Stages.BlocksAt(step, totalSteps, layers);
        var depth = DepthOf(new RandomStream(seed, RandomPurpose.Depth, step).NextDouble(), unique, layers);
        return Interpolated(unique, depth, layers, layers == 0 ? 1 : MeanDepth(unique, layers) / layers);
    }

    /// <inheritdoc/>
    public BlockCopies? CopiesAfter(long stepsDone, long totalSteps, int layers) => Stages.GrowthAfter(stepsDone, totalSteps, layers) is var (before, after)
        ? new BlockCopies(Enumerable.Range(0, layers).Select(block => block < after ? (int)((long)block * before / after) : block), State)
        : null;

    /// <inheritdoc/>
    public LayerPlan EvaluationPlan(long stepsDone, long totalSteps, int layers) =>
        Interpolated(Stages.BlocksAfter(stepsDone, totalSteps, layers), layers, layers, 1);

    private static LayerPlan Interpolated(int unique, int depth, int layers, double expectedShare) => new(
        layers, Enumerable.Range(0, depth).Select(run => new BlockRun((int)((long)run * unique / depth), 1)), expectedShare);

    /// <summary>The depth that a number drawn from [0, 1) stands for: from <paramref name="unique"/> to <paramref name="layers"/>.</summary>
    internal static int DepthOf(double x, int unique, int layers)
    {
        if (unique >= layers) return layers;
        var (m, n) = Curve(unique, layers);
        var y = Math.Clamp(m / (Math.Max(x, Smallest) + n), 1, (double)layers / unique);
        return (int)(y * unique + 1e-9); // r times unique is all layers, whatever rounding makes of it
    }

    /// <summary>The mean of all depths: each is reached where x falls to m unique / depth - n.</summary>
    internal static double MeanDepth(int unique, int layers)
    {
        if (unique >= layers) return layers;
        var (m, n) = Curve(unique, layers);
        return unique + Enumerable.Range(unique + 1, layers - unique).Sum(depth => Math.Clamp(m * unique / depth - n, 0, 1));
    }

    // The paper's code: y = m / (x + n), cut to [1, r], with m and n such that y is near r + 0.4 for the smallest x and 0.6 for x = 1.
    private static (double M, double N) Curve(int unique, int layers)
    {
        const double lowest = 0.6;
        var highest = (double)layers / unique + 0.4;
        var n = (highest * Smallest - lowest) / (lowest - highest);
        return (lowest * (n + 1), n);
    }
}
