namespace Microsoft.ML.PLD;

/// <summary>A file of a task and the columns that matter in it, by their names.</summary>
/// <param name="Split">The split that the file holds.</param>
/// <param name="Path">Where it is, below the root folder of GLUE, with slashes: <c>RTE/train.tsv</c>.</param>
public sealed record GlueFile(GlueSplit Split, string Path)
{
    /// <summary>The names of all columns, in order, where the file has no header line. Default: null, the first line has them.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>The column that names the example. Default: null, examples are numbered from 0.</summary>
    public string? Index { get; init; }

    /// <summary>The column of the text, or of the first of two.</summary>
    public string Sentence1 { get; init; } = "sentence1";

    /// <summary>The column of the second text. Default: null, there is one text.</summary>
    public string? Sentence2 { get; init; }

    /// <summary>The column of the label. Default: null, the file has none.</summary>
    public string? Label { get; init; }

    /// <summary>
    /// How many lines may have too few columns and be left out. Default: 0, the first one is an error. QQP's official files have some two dozen
    /// such lines among 400,000, and the usual loaders pass over them.
    /// </summary>
    public int MaxBrokenLines { get; init; }
}
