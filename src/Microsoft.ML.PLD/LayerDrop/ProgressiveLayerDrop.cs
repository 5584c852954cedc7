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
    /// Default 100, so that theta comes within 1 % of its limit after about a twentieth of the run.
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
        if (!(gammaTimesSteps > 0 && double.IsFinite(gammaTimesSteps)))
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

    /// <summary>theta(t), the keep ratio of the last block: 1 at step 0, <see cref="ThetaBar"/> in the limit.</summary>
    /// <param name="step">t, from 0.</param>
    /// <param name="totalSteps">T; gamma = <see cref="GammaTimesSteps"/> / T.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative or <paramref name="totalSteps"/> not positive.</exception>
    public double Theta(long step, long totalSteps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(totalSteps);
        return (1 - ThetaBar) * Math.Exp(-GammaTimesSteps * step / totalSteps) + ThetaBar;
    }

    /// <inheritdoc/>
    public double[] KeepProbabilities(long step, long totalSteps, int layers)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(layers);
        var theta = Theta(step, totalSteps);
        var first = DepthRule == DepthRule.Paper ? 1 : 0;
        return [.. Enumerable.Range(first, layers).Select(depth => 1 - (double)depth / layers * (1 - theta))];
    }

    /// <inheritdoc/>
    public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed)
    {
        var keep = KeepProbabilities(step, totalSteps, layers);
        var runs = new List<BlockRun>(layers);
        for (var block = 0; block < layers; block++)
            if (new RandomStream(seed, RandomPurpose.Gates, step, block).NextDouble() < keep[block])
                runs.Add(new BlockRun(block, Scaling == ResidualScaling.None ? 1 : 1 / keep[block]));
        return new LayerPlan(layers, runs, layers == 0 ? 1 : keep.Average(), Scaling, Theta(step, totalSteps));
    }
}
