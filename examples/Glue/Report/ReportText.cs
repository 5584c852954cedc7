namespace Glue;

/// <summary>What every report says.</summary>
internal static class ReportText
{
    public const string Title = "GLUE, development sets";

    public const string Caveat =
        "The learning rate of each task, and the best seed, were chosen on the very development sets that these numbers are of: they are optimistic, the more so "
        + "the smaller the set and the longer the search. Within a run nothing is chosen: the model of the last step counts. Compare with numbers that were made the same "
        + "way; test sets are scored by gluebenchmark.com only.";
}
