namespace Microsoft.ML.PLD;

/// <summary>
/// RaPTr: each step trains a random sub-network of a fixed number of blocks, which grows stage by stage. The first and the last block are always in it.
/// Panigrahi et al., "Efficient Stagewise Pretraining via Progressive Subnetworks", ICLR 2025, section 3.
/// </summary>
/// <remarks>At a given stage every step costs the same: unlike with independent gates, the number of blocks is not drawn.</remarks>
public sealed record RandomSubnetworkGrowth : ILayerSchedule
{
    private static readonly GrowthStage[] Usual = [new(6, 0.25), new(8, 0.5), new(10, 0.75)];

    /// <summary>Sub-networks of 6, 8, 10 and then all blocks, for a quarter of the steps each: the paper's 6-8-10-12 for 12 blocks.</summary>
    public RandomSubnetworkGrowth() : this(ResidualScaling.None, Usual)
    {
    }

    /// <summary>Makes the schedule.</summary>
    /// <param name="scaling">Whether the blocks in between are scaled by 1/p, p being the probability of being drawn. Default of the other constructor: not.</param>
    /// <param name="stages">The sizes of the sub-networks before all blocks run; sizes under 2 run the last block only.</param>
    /// <exception cref="ArgumentException">Blocks or shares do not rise, or a share is not in (0, 1].</exception>
    public RandomSubnetworkGrowth(ResidualScaling scaling, params GrowthStage[] stages) => (Scaling, Stages) = (scaling, StageShares.Checked(stages));

    /// <summary>What 1/p multiplies.</summary>
    public ResidualScaling Scaling { get; }

    /// <summary>The sizes of the sub-networks before all blocks run.</summary>
    public IReadOnlyList<GrowthStage> Stages { get; }

    /// <inheritdoc/>
    public double[] KeepProbabilities(long step, long totalSteps, int layers)
    {
        var size = Stages.BlocksAt(step, totalSteps, layers);
        return [.. Enumerable.Range(0, layers).Select(block =>
            block == layers - 1 || block == 0 && size >= 2 || size == layers ? 1 : layers <= 2 ? 0 : Math.Max(0, (size - 2.0) / (layers - 2)))];
    }

    /// <inheritdoc/>
    public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed)
    {
        var keep = KeepProbabilities(step, totalSteps, layers);
        var random = new RandomStream(seed, RandomPurpose.Gates, step);
        var (size, runs) = (Stages.BlocksAt(step, totalSteps, layers), new List<BlockRun>(layers));
        // Selection sampling of the blocks in between.
        var (wanted, left) = (size - keep.Count(p => p == 1), keep.Count(p => p < 1));
        for (var block = 0; block < layers; block++)
        {
            if (keep[block] < 1)
            {
                if (random.NextInt32(left--) >= wanted) continue;
                wanted--;
            }
            runs.Add(new BlockRun(block, Scaling == ResidualScaling.None ? 1 : 1 / keep[block]));
        }
        return new LayerPlan(layers, runs, layers == 0 ? 1 : (double)runs.Count / layers, Scaling, theta: layers == 0 ? 1 : (double)size / layers);
    }
}
