using Microsoft.ML.PLD;

namespace Glue;

/// <summary>What a run reached, or that it failed: a line of results.jsonl.</summary>
internal sealed record RunResult
{
    public required RunKey Key { get; init; }

    /// <summary>The name that the model had on the command line.</summary>
    public required string Arm { get; init; }

    /// <summary>The official metrics on the development sets, as shares; none if it failed.</summary>
    public required IReadOnlyList<MetricValue> Metrics { get; init; }

    public required long Steps { get; init; }

    /// <summary>Training and measuring, over all sessions if it was stopped and resumed.</summary>
    public required double Seconds { get; init; }

    /// <summary>Why it failed; null: it did not.</summary>
    public string? Failure { get; init; }

    /// <summary>The build of the library that finished it.</summary>
    public required string Build { get; init; }

    /// <summary>The machine that finished it.</summary>
    public required string Machine { get; init; }

    public required DateTimeOffset Finished { get; init; }

    /// <summary>What runs are compared by: the mean of the metrics. The lowest there is where one is not defined, and for failed runs.</summary>
    public double Score() => Metrics.Select(metric => metric.Value).DefaultIfEmpty(double.NaN).Average() is var mean && double.IsNaN(mean) ? double.NegativeInfinity : mean;
}

/// <summary>A metric of a run.</summary>
/// <param name="Name">As papers call it; with <c>-mm</c> on MNLI's mismatched set.</param>
/// <param name="Split">Where it was measured.</param>
/// <param name="Value">A share, -1 or 0 to 1; NaN where it is not defined, as the correlation with a constant is not.</param>
internal sealed record MetricValue(string Name, GlueSplit Split, double Value)
{
    public static MetricValue Of(GlueResult result) => new(NameOf(result.Metric, result.Split), result.Split, result.Value);

    public static string NameOf(GlueMetric metric, GlueSplit split) => split is GlueSplit.DevMismatched ? $"{metric.Name}-mm" : metric.Name;
}
