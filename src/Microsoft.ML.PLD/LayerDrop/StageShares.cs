namespace Microsoft.ML.PLD;

/// <summary>Stages of growth in a run: shares of its steps, one after another.</summary>
internal static class StageShares
{
    /// <summary>Checks that blocks and shares rise.</summary>
    /// <exception cref="ArgumentException">Blocks or shares do not rise, or a share is not in (0, 1].</exception>
    public static IReadOnlyList<GrowthStage> Checked(IEnumerable<GrowthStage> stages)
    {
        ArgumentNullException.ThrowIfNull(stages);
        var (blocks, until) = (0, 0.0);
        var all = stages.ToArray();
        foreach (var stage in all)
        {
            if (stage.Blocks <= blocks) throw new ArgumentException($"A stage of {stage.Blocks} blocks follows {blocks} blocks; expected more.", nameof(stages));
            if (!(stage.Until > until && stage.Until <= 1))
                throw new ArgumentException($"A stage ends at the share {stage.Until} of the steps; expected more than {until}, up to 1.", nameof(stages));
            (blocks, until) = stage;
        }
        return all;
    }

    /// <summary>The first step after a stage.</summary>
    public static long End(this GrowthStage stage, long totalSteps) => (long)Math.Round(stage.Until * totalSteps);

    /// <summary>The blocks that there are at a step; all of them once the stages are over.</summary>
    public static int BlocksAt(this IReadOnlyList<GrowthStage> stages, long step, long totalSteps, int layers)
    {
        foreach (var stage in stages)
            if (step < stage.End(totalSteps)) return Math.Min(stage.Blocks, layers);
        return layers;
    }

    /// <summary>The blocks that there are once so many steps are done, and what they grow into has grown; all of them at the end.</summary>
    public static int BlocksAfter(this IReadOnlyList<GrowthStage> stages, long stepsDone, long totalSteps, int layers) =>
        stepsDone >= totalSteps ? layers : stages.BlocksAt(stepsDone, totalSteps, layers);

    /// <summary>1 for the blocks that there are, 0 for the others.</summary>
    public static double[] KeepProbabilities(this IReadOnlyList<GrowthStage> stages, long step, long totalSteps, int layers)
    {
        var blocks = stages.BlocksAt(step, totalSteps, layers);
        return [.. Enumerable.Range(0, layers).Select(block => block < blocks ? 1.0 : 0)];
    }

    /// <summary>The blocks that there were in the last of so many steps, and that there are from then on; null: as many.</summary>
    public static (int Before, int After)? GrowthAfter(this IReadOnlyList<GrowthStage> stages, long stepsDone, long totalSteps, int layers)
    {
        var (before, after) = (stages.BlocksAt(stepsDone - 1, totalSteps, layers), stages.BlocksAfter(stepsDone, totalSteps, layers));
        return before < after ? (before, after) : null;
    }
}
