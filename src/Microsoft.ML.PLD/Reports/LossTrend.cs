namespace Microsoft.ML.PLD;

/// <summary>The running mean and deviation of a training's losses: tells when one leaps out.</summary>
/// <param name="Count">Losses seen so far.</param>
/// <param name="Mean">Of the last hundred or so.</param>
/// <param name="Variance">Of the last hundred or so.</param>
internal readonly record struct LossTrend(long Count, double Mean, double Variance)
{
    private const int Window = 100, FewestSeen = 20;
    private const double Deviations = 6, LeastShare = 0.1;

    /// <summary>The trend with one more loss. Those that are no numbers leave it as it is.</summary>
    public LossTrend With(double loss)
    {
        if (!double.IsFinite(loss)) return this;
        // A plain mean at first, later an exponentially weighted one (West 1979).
        var weight = 1.0 / Math.Min(Count + 1, Window);
        var difference = loss - Mean;
        return new(Count + 1, Mean + weight * difference, (1 - weight) * (Variance + weight * difference * difference));
    }

    /// <summary>Whether a loss lies far above those before: by 6 standard deviations, and by a tenth of the mean.</summary>
    public bool IsSpike(double loss) =>
        Count >= FewestSeen && double.IsFinite(loss) && loss - Mean > Math.Max(Deviations * Math.Sqrt(Variance), LeastShare * Math.Abs(Mean));
}
