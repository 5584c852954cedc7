namespace Microsoft.ML.PLD;

/// <summary>What a model made of rows whose answers are known, for a page.</summary>
/// <param name="title">What the page calls it.</param>
internal abstract class Evaluation(string title)
{
    /// <summary>Rows that a page shows in full.</summary>
    public const int MostRowsShown = 12;

    /// <summary>That of an evaluation whose rows nobody has named.</summary>
    public const string DefaultTitle = "Evaluation";

    public string Title { get; } = title;

    /// <summary>The rows that count.</summary>
    public abstract int Rows { get; }

    /// <summary>Rows without a label, which do not.</summary>
    public int Unlabelled { get; set; }
}
