namespace Microsoft.ML.PLD;

/// <summary>Schedules to begin with.</summary>
public static class LayerSchedules
{
    /// <summary>
    /// What we recommend for pre-training from the start: a quarter of the blocks in the first 30 % of the steps, half of them up to the half, then all of them
    /// with progressive layer dropping down to 0.5.
    /// </summary>
    /// <remarks>
    /// About 54 % of the block FLOPs of as many dense steps. It follows from short trainings of 12 blocks of 64 and 128, which it let learn 5 to 7 times as fast; longer and larger
    /// ones have not been measured (docs/which-schedule.md has the figures, and where dropping does not help). With fewer than 4
    /// blocks there is nothing to grow by, and it is <see cref="ProgressiveLayerDrop"/> alone. For going on from a trained encoder, and for fine-tuning, take
    /// <see cref="ProgressiveLayerDrop"/> too: what is trained already must not be left out.
    /// </remarks>
    /// <param name="layers">The number of blocks, L, as <see cref="BertConfig.Layers"/>. Default: 12.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="layers"/> is not positive.</exception>
    public static ILayerSchedule Recommended(int layers = 12)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(layers);
        var dropping = new ProgressiveLayerDrop();
        return layers < 4 ? dropping : new GrowingDepth(dropping, new GrowthStage(layers / 4, 0.3), new GrowthStage(layers / 2, 0.5));
    }
}
