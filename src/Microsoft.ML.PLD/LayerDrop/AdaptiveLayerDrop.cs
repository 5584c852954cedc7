namespace Microsoft.ML.PLD;

/// <summary>Layer dropping by what blocks do: the less a block changes its input, the more often it is dropped.</summary>
/// <remarks>
/// Our own. The paper derives its depth rule from a figure of trained encoders; here each run measures its own.
/// On average as many blocks run as with <see cref="ProgressiveLayerDrop"/> and <see cref="DepthRule.Paper"/>, and none is dropped more often than its last: the drop rates are
/// proportional to 1 / <see cref="BlockChange.Distance"/> up to that. Until the first measurement the rates are the paper's.
/// </remarks>
public sealed record AdaptiveLayerDrop : ILayerSchedule
{
    private readonly ProgressiveLayerDrop _paper;

    /// <summary>Makes the schedule.</summary>
    /// <param name="thetaBar">As of <see cref="ProgressiveLayerDrop"/>. Default: 0.5.</param>
    /// <param name="measurements">How often blocks are measured in a run, at equal intervals: at least 1. Default: 50. Each is a forward pass of the step's batch.</param>
    /// <param name="scaling">How kept blocks are scaled. Default: the paper's.</param>
    /// <param name="gammaTimesSteps">As of <see cref="ProgressiveLayerDrop"/>. Default: 100.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public AdaptiveLayerDrop(double thetaBar = 0.5, int measurements = 50, ResidualScaling scaling = ResidualScaling.Paper, double gammaTimesSteps = 100)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(measurements, 1);
        _paper = new ProgressiveLayerDrop(thetaBar, DepthRule.Paper, scaling, gammaTimesSteps);
        Measurements = measurements;
    }

    /// <summary>The limit of theta.</summary>
    public double ThetaBar => _paper.ThetaBar;

    /// <summary>How often blocks are measured in a run.</summary>
    public int Measurements { get; }

    /// <summary>How kept blocks are scaled.</summary>
    public ResidualScaling Scaling => _paper.Scaling;

    /// <summary>gamma times the number of steps of the run.</summary>
    public double GammaTimesSteps => _paper.GammaTimesSteps;

    private IReadOnlyList<BlockChange>? Changes { get; init; }

    /// <inheritdoc/>
    public bool MeasuresBefore(long step, long totalSteps) => step * Measurements / totalSteps > (step - 1) * Measurements / totalSteps || step == 0;

    /// <inheritdoc/>
    public ILayerSchedule Knowing(IReadOnlyList<BlockChange>? changes) => this with { Changes = changes };

    /// <inheritdoc/>
    public double[] KeepProbabilities(long step, long totalSteps, int layers)
    {
        var paper = _paper.KeepProbabilities(step, totalSteps, layers);
        if (Changes is null || layers == 0 || Changes.Any(change => !double.IsFinite(change.Distance))) return paper; // of an encoder that has diverged there is nothing to learn
        if (Changes.Count != layers) throw new ArgumentException($"{Changes.Count} blocks were measured; the encoder has {layers}.", nameof(layers));
        var (wanted, most) = (paper.Sum(keep => 1 - keep), 1 - paper[^1]);
        // The sum of min(most, factor / distance) rises with the factor, from 0 to more than is wanted: halving finds it.
        double[] ease = [.. Changes.Select(change => 1 / Math.Max(change.Distance, 1e-9))];
        var (low, high) = (0.0, most / ease.Min());
        for (var i = 0; i < 100; i++)
        {
            var middle = (low + high) / 2;
            if (ease.Sum(of => Math.Min(most, middle * of)) < wanted) low = middle;
            else high = middle;
        }
        return [.. ease.Select(of => 1 - Math.Min(most, high * of))];
    }

    /// <inheritdoc/>
    public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed) =>
        LayerPlan.Gated(KeepProbabilities(step, totalSteps, layers), Scaling, _paper.Theta(step, totalSteps), step, seed);
}
