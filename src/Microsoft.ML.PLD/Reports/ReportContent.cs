namespace Microsoft.ML.PLD;

/// <summary>All that a page is made of.</summary>
/// <param name="Title">What it is called.</param>
/// <param name="Stages">In the order in which they ran.</param>
/// <param name="Evaluations">In the order in which they were added.</param>
/// <param name="Written">When.</param>
internal sealed record ReportContent(string Title, IReadOnlyList<StageHistory> Stages, IReadOnlyList<Evaluation> Evaluations, DateTimeOffset Written)
{
    /// <summary>The stage that still runs; null: none does.</summary>
    public StageHistory? Running => Stages is [.., { HasEnded: false } last] ? last : null;
}
