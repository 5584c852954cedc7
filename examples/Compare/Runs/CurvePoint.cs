using Microsoft.ML.PLD;

namespace Compare;

/// <summary>A step of a run: a line of curve.jsonl.</summary>
/// <param name="Step">Steps done, from 1.</param>
/// <param name="Loss">The training loss; null: not a finite number.</param>
/// <param name="Theta">The keep ratio of the last block.</param>
/// <param name="Share">The share of a dense step's block FLOPs that was spent.</param>
/// <param name="Blocks">Runs of blocks.</param>
/// <param name="Seconds">By the clock, since the run began, over all sessions.</param>
/// <param name="Validation">The loss on held-out text; null: not measured after this step.</param>
internal sealed record CurvePoint(long Step, double? Loss, double Theta, double Share, int Blocks, double Seconds, double? Validation)
{
    public static CurvePoint Of(TrainingProgress value) => new(
        value.Step, double.IsFinite(value.Loss) ? Math.Round(value.Loss, 6) : null, Math.Round(value.Theta, 6), Math.Round(value.BlockShare, 9), value.BlocksRun,
        Math.Round(value.Elapsed.TotalSeconds, 4), value.ValidationLoss is { } loss && double.IsFinite(loss) ? loss : null);
}
