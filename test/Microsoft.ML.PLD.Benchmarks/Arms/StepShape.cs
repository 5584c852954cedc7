namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>What one training step computes.</summary>
/// <param name="Name">The preset's name.</param>
/// <param name="Config">The architecture.</param>
/// <param name="BatchSize">Sequences.</param>
/// <param name="SequenceLength">Tokens of each.</param>
/// <param name="Dropout">Of hidden activations and of attention.</param>
internal sealed record StepShape(string Name, BertConfig Config, int BatchSize, int SequenceLength, double Dropout)
{
    public const double MaskingRate = 0.15;

    public long Tokens => (long)BatchSize * SequenceLength;

    public double Masked => Math.Round((SequenceLength - 2) * MaskingRate) * BatchSize;

    public static BertConfig Preset(string name) => name switch
    {
        "tiny" => BertConfig.Tiny,
        "mini" => BertConfig.Mini,
        "small" => BertConfig.Small,
        "medium" => BertConfig.Medium,
        "base" => BertConfig.Base,
        "large" => BertConfig.Large,
        _ => throw new ArgumentException($"There is no preset '{name}'; expected tiny, mini, small, medium, base or large."),
    };

    /// <summary>
    /// The floating-point operations that training with this plan needs, forward and backward: those of matrix products, a multiplication and an addition
    /// each. The last block that runs needs queries, projection and feed-forward at masked positions only, and so does the head.
    /// </summary>
    public double Flops(LayerPlan plan)
    {
        double h = Config.HiddenSize, i = Config.IntermediateSize, tokens = Tokens, masked = Masked;
        double Block(double queries) => tokens * 2 * h * h + queries * (2 * h * h + 2 * h * i + 2.0 * SequenceLength * h);
        var multiplications = Math.Max(0, plan.Runs.Count - 1) * Block(tokens) + (plan.Runs.Count > 0 ? Block(masked) : 0);
        return 2 * 3 * multiplications + HeadFlops;
    }

    /// <summary>Those of <see cref="Flops"/> that no block has.</summary>
    public double HeadFlops => 2 * 3 * Masked * ((double)Config.HiddenSize * Config.HiddenSize + (double)Config.HiddenSize * Config.VocabularySize);

    /// <summary>Layer dropping after its warm-up, when theta is at its limit.</summary>
    public LayerPlan Dropped(long step, double theta = 0.5) =>
        new ProgressiveLayerDrop(theta).PlanAt(1_000_000 + step, 1_000_000, Config.Layers, seed: 1);

    public LayerPlan Dense => LayerPlan.Dense(Config.Layers);
}
