namespace Microsoft.ML.PLD;

/// <summary>What a model reached in one metric of one task.</summary>
/// <param name="Task">The task.</param>
/// <param name="Split">The split it was measured on.</param>
/// <param name="Metric">The metric, one of the task's.</param>
/// <param name="Value">Its value, as a share or in percent.</param>
public sealed record GlueResult(GlueTask Task, GlueSplit Split, GlueMetric Metric, double Value)
{
    internal bool Mismatched => Split is GlueSplit.DevMismatched or GlueSplit.TestMismatched;
}
