namespace Microsoft.ML.PLD;

/// <summary>
/// Random layerwise token dropping (random-LTD): each block but the first and the last sees a random part of each sequence's tokens, drawn anew for each block,
/// which grows until it is all of them. Yao et al., "Random-LTD: Random and Layerwise Token Dropping Brings Efficient Training for Large-scale Transformers", 2022.
/// </summary>
/// <remarks>
/// Tokens that are left out pass by the block. No token is special, and nothing is scaled, as in the paper. Of texts of different lengths, padding is drawn too: which tokens
/// are left depends on what a micro-batch is padded to, unless all are to the same.
/// </remarks>
public sealed record RandomTokenDrop : ILayerSchedule
{
    /// <summary>Makes the schedule.</summary>
    /// <param name="firstShare">The part of the tokens at the first step, in (0, 1]. Default: 0.5.</param>
    /// <param name="until">The share of the steps after which blocks see all tokens, in (0, 1]; the part grows linearly up to there. Default: 0.7.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public RandomTokenDrop(double firstShare = 0.5, double until = 0.7)
    {
        if (!(firstShare > 0 && firstShare <= 1))
            throw new ArgumentOutOfRangeException(nameof(firstShare), firstShare, $"firstShare is {firstShare}; expected a share in (0, 1], for example 0.5.");
        if (!(until > 0 && until <= 1))
            throw new ArgumentOutOfRangeException(nameof(until), until, $"until is {until}; expected a share in (0, 1], for example 0.7.");
        (FirstShare, Until) = (firstShare, until);
    }

    /// <summary>The part of the tokens at the first step.</summary>
    public double FirstShare { get; }

    /// <summary>The share of the steps after which blocks see all tokens.</summary>
    public double Until { get; }

    /// <summary>The part of the tokens that a block in between sees at a step.</summary>
    public double ShareAt(long step, long totalSteps) => Math.Min(1, FirstShare + (1 - FirstShare) * step / (Until * totalSteps));

    /// <inheritdoc/>
    /// <remarks>Every block runs at every step.</remarks>
    public double[] KeepProbabilities(long step, long totalSteps, int layers) => [.. Enumerable.Repeat(1.0, layers)];

    /// <inheritdoc/>
    public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed)
    {
        var share = ShareAt(step, totalSteps);
        var runs = Enumerable.Range(0, layers).Select(block => new BlockRun(block, 1)
        {
            Subset = share < 1 && block > 0 && block < layers - 1 ? new RandomSubset(SubsetOf.Tokens, share, seed, step) : null,
        }).ToArray();
        return new LayerPlan(layers, runs, layers == 0 ? 1 : runs.Sum(run => run.Cost) / layers);
    }
}
