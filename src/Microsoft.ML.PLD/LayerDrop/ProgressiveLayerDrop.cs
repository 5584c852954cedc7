namespace Microsoft.ML.PLD;

/// <summary>
/// Progressive layer dropping: blocks are dropped more often as training goes on, and the more often the nearer they are to the output.
/// Zhang and He, "Accelerating Training of Transformer-Based Language Models with Progressive Layer Dropping", NeurIPS 2020, section 4.
/// </summary>
/// <remarks>
/// Over time theta(t) = (1 - thetaBar) exp(-gamma t) + thetaBar: 1 at the first step, thetaBar in the limit. Over depth the keep probability falls
/// linearly from 1 to theta(t), see <see cref="PLD.DepthRule"/>. A kept block's residual branches are scaled by 1/p with the very p that its gate was
/// drawn with. At thetaBar = 0.5 and 12 blocks, 8.75 blocks run on average in the limit (27.1 % fewer block FLOPs) with <see cref="DepthRule.Paper"/>,
/// 9.25 (22.9 %) with <see cref="DepthRule.FirstBlockAlwaysKept"/>.
/// </remarks>
public sealed record ProgressiveLayerDrop : ILayerSchedule
{
    /// <summary>Makes the schedule.</summary>
    /// <param name="thetaBar">The limit of theta, in (0, 1]. The paper uses 0.5; 0.5 to 0.9 are usable; 1 is dense training, bit for bit.</param>
    /// <param name="depthRule">How keep probabilities fall over depth. Default: the paper's printed formula.</param>
    /// <param name="scaling">How kept blocks are scaled. Default: the paper's.</param>
    /// <param name="gammaTimesSteps">
    /// gamma times the number of steps of the run: gamma is derived from the training budget, as in the paper, and not a constant.
    /// Default 100, so that theta comes within 1 % of its limit after about a twentieth of the run. <see cref="double.PositiveInfinity"/>: theta is at its limit
    /// from the first step on, which is the paper's ablation without the temporal ramp.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public ProgressiveLayerDrop(
        double thetaBar = 0.5,
        DepthRule depthRule = DepthRule.Paper,
        ResidualScaling scaling = ResidualScaling.Paper,
        double gammaTimesSteps = 100)
    {
        if (!(thetaBar > 0 && thetaBar <= 1))
            throw new ArgumentOutOfRangeException(nameof(thetaBar), thetaBar, $"thetaBar is {thetaBar}; expected a keep ratio in (0, 1], for example 0.5.");
        if (!(gammaTimesSteps > 0))
            throw new ArgumentOutOfRangeException(nameof(gammaTimesSteps), gammaTimesSteps, $"gammaTimesSteps is {gammaTimesSteps}; expected a positive number, for example 100.");
        (ThetaBar, DepthRule, Scaling, GammaTimesSteps) = (thetaBar, depthRule, scaling, gammaTimesSteps);
    }

    /// <summary>The limit of theta.</summary>
    public double ThetaBar { get; }

    /// <summary>How keep probabilities fall over depth.</summary>
    public DepthRule DepthRule { get; }

    /// <summary>How kept blocks are scaled.</summary>
    public ResidualScaling Scaling { get; }

    /// <summary>gamma times the number of steps of the run.</summary>
    public double GammaTimesSteps { get; }

    /// <summary>theta(t), the keep ratio of the last block by the paper's rule: 1 at step 0, <see cref="ThetaBar"/> in the limit.</summary>
    /// <param name="step">t, from 0.</param>
    /// <param name="totalSteps">T; gamma = <see cref="GammaTimesSteps"/> / T.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative or <paramref name="totalSteps"/> not positive.</exception>
    public double Theta(long step, long totalSteps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(totalSteps);
        var ramp = double.IsInfinity(GammaTimesSteps) ? 0 : Math.Exp(-GammaTimesSteps * step / totalSteps);
        return (1 - ThetaBar) * ramp + ThetaBar;
    }

    /// <inheritdoc/>
    public double[] KeepProbabilities(long step, long totalSteps, int layers)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(layers);
        var theta = Theta(step, totalSteps);
        return [.. Enumerable.Range(1, layers).Select(depth => 1 - (1 - theta) * DepthRule switch
        {
            DepthRule.Paper => (double)depth / layers,
            DepthRule.FirstBlockAlwaysKept => (double)(depth - 1) / layers,
            _ => (layers + 1) / (2.0 * layers),
        })];
    }

    /// <inheritdoc/>
    public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed) =>
        LayerPlan.Gated(KeepProbabilities(step, totalSteps, layers), Scaling, Theta(step, totalSteps), step, seed);
}
