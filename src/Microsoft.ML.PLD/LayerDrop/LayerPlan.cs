namespace Microsoft.ML.PLD;

/// <summary>One run of a block in a <see cref="LayerPlan"/>.</summary>
/// <param name="Block">The block's index, from 0 at the input.</param>
/// <param name="Scale">The factor of the block's residual branches, as <see cref="LayerPlan.Scaling"/> says; 1 leaves the block as it is.</param>
/// <param name="IsTrained">Whether the way back goes through the block and changes its weights. Blocks that are not trained come before those that are; <see cref="DroppedParameterRule.DecayOnly"/> is for them as for those that do not run.</param>
public readonly record struct BlockRun(int Block, double Scale, bool IsTrained = true)
{
    /// <summary>Whether the way back passes by the block, as if it changed nothing: it costs its forward pass only, and its weights have no gradient. What is below is trained all the same.</summary>
    public bool IsForwardOnly { get; init; }

    /// <summary>The part of its input that the block computes; null: all.</summary>
    public RandomSubset? Subset { get; init; }

    /// <summary>The share of the FLOPs of the whole block in a dense step: a forward pass is a third of them.</summary>
    internal double Cost => (Subset?.Share ?? 1) * (IsTrained && !IsForwardOnly ? 1 : 1.0 / 3);

    /// <summary>Its block and scale.</summary>
    public void Deconstruct(out int block, out double scale) => (block, scale) = (Block, Scale);
}

/// <summary>What the encoder runs in one optimizer step: an immutable list of blocks, in order, each with its residual scale.</summary>
/// <remarks>
/// The encoder knows plans and nothing of schedules. A block that a plan leaves out costs nothing: no forward pass, no backward pass,
/// no gradient, no optimizer work.
/// </remarks>
public sealed class LayerPlan
{
    /// <summary>Makes a plan.</summary>
    /// <param name="blocks">The number of blocks the encoder has.</param>
    /// <param name="runs">The blocks to run, in ascending order; one may run several times in a row, as blocks that share their weights.</param>
    /// <param name="expectedShare">The share of the block FLOPs of a dense step that the schedule spends on average at this step: at least 0.</param>
    /// <param name="scaling">What <see cref="BlockRun.Scale"/> multiplies.</param>
    /// <param name="theta">The keep ratio of the last block at this step, for reports: 0 to 1.</param>
    /// <param name="trainsEmbeddings">Whether the embeddings are trained. When blocks are not, the embeddings below them are not either.</param>
    /// <exception cref="ArgumentException">
    /// A block is out of range, out of order, or has a scale that is not a positive number or a subset that is none; or it is not trained while something below it is.
    /// </exception>
    public LayerPlan(
        int blocks, IEnumerable<BlockRun> runs, double expectedShare, ResidualScaling scaling = ResidualScaling.None, double theta = 1, bool trainsEmbeddings = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(blocks);
        Blocks = blocks;
        Runs = [.. runs];
        (ExpectedShare, Scaling, Theta, TrainsEmbeddings) = (expectedShare, scaling, theta, trainsEmbeddings);
        var (last, trainsBelow) = (0, trainsEmbeddings);
        foreach (var run in Runs)
        {
            var (block, scale) = run;
            if (block < last || block >= blocks)
                throw new ArgumentException($"Block {block} follows block {last}; expected ascending indices from 0 to {blocks - 1}.", nameof(runs));
            if (!(scale > 0 && double.IsFinite(scale)))
                throw new ArgumentException($"Block {block} has the residual scale {scale}; expected a positive number.", nameof(runs));
            if (run.Subset is { Share: not (> 0 and < 1) } subset)
                throw new ArgumentException($"Block {block} has a subset of the share {subset.Share}; expected more than 0 and less than 1.", nameof(runs));
            if (trainsBelow && !run.IsTrained) throw new ArgumentException($"Block {block} is not trained, but what is below it is.", nameof(runs));
            (last, trainsBelow) = (block, run.IsTrained);
        }
    }

    /// <summary>The plan of dense training and of every evaluation: each of <paramref name="blocks"/> blocks, unscaled.</summary>
    public static LayerPlan Dense(int blocks) => Lowest(blocks, blocks);

    /// <summary>The lowest blocks of an encoder, unscaled.</summary>
    /// <param name="run">How many run.</param>
    /// <param name="blocks">The number of blocks the encoder has.</param>
    internal static LayerPlan Lowest(int run, int blocks) =>
        new(blocks, Enumerable.Range(0, run).Select(block => new BlockRun(block, 1)), expectedShare: blocks == 0 ? 1 : (double)run / blocks);

    /// <summary>Blocks that are drawn, each with a probability of its own.</summary>
    /// <param name="keep">The probability of each block, by which a kept one is scaled.</param>
    /// <param name="scaling">What 1/p multiplies.</param>
    /// <param name="theta">The keep ratio of the last block, for reports.</param>
    /// <param name="step">The step to draw for.</param>
    /// <param name="seed">The run's seed.</param>
    internal static LayerPlan Gated(double[] keep, ResidualScaling scaling, double theta, long step, ulong seed) => new(
        keep.Length,
        Enumerable.Range(0, keep.Length)
            .Where(block => new RandomStream(seed, RandomPurpose.Gates, step, block).NextDouble() < keep[block])
            .Select(block => new BlockRun(block, scaling == ResidualScaling.None ? 1 : 1 / keep[block])),
        keep.Length == 0 ? 1 : keep.Average(), scaling, theta);

    /// <summary>The number of blocks the encoder has.</summary>
    public int Blocks { get; }

    /// <summary>The blocks to run, in order.</summary>
    public IReadOnlyList<BlockRun> Runs { get; }

    /// <summary>Whether the embeddings are trained.</summary>
    public bool TrainsEmbeddings { get; }

    /// <summary>The same blocks, of which the lowest are not trained, nor the embeddings.</summary>
    /// <param name="lowest">How many blocks of the encoder; 0 changes nothing.</param>
    /// <remarks><see cref="ExpectedShare"/> stays that of the schedule, which knows nothing of it; <see cref="ActualShare"/> does not.</remarks>
    internal LayerPlan Freeze(int lowest) => lowest == 0 ? this
        : new(Blocks, Runs.Select(run => run with { IsTrained = run.IsTrained && run.Block >= lowest }), ExpectedShare, Scaling, Theta, trainsEmbeddings: false);

    /// <summary>What the scales multiply.</summary>
    public ResidualScaling Scaling { get; }

    /// <summary>The keep ratio of the last block, theta(t) of the paper; 1 when the schedule drops nothing.</summary>
    public double Theta { get; }

    /// <summary>The share of the block FLOPs of a dense step that the schedule spends on average at this step: 0 for none, 1 for a dense step.</summary>
    public double ExpectedShare { get; }

    /// <summary>
    /// The share of the block FLOPs of a dense step that this plan spends: 0 for none, 1 for a dense step. A forward pass counts a third, a part of the
    /// sequences or tokens its share.
    /// </summary>
    public double ActualShare => Blocks == 0 ? 1 : Runs.Sum(run => run.Cost) / Blocks;
}
