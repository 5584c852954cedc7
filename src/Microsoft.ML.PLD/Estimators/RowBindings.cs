namespace Microsoft.ML.PLD;

/// <summary>A transformer's columns bound to an input schema: the input's columns come first and pass through, its own follow.</summary>
internal sealed class RowBindings
{
    private readonly IReadOnlyList<OutputColumn> _added;

    public RowBindings(DataViewSchema input, TextColumns texts, IReadOnlyList<OutputColumn> added)
    {
        (Input, _added, Texts) = (input, added, texts.FindIn(input));
        var scoreSet = ScoreAnnotations.NextScoreSet(input);
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(input);
        builder.AddColumns(added.Select(column => column.Describe(scoreSet)));
        Output = builder.ToSchema();
    }

    public DataViewSchema Input { get; }

    public DataViewSchema Output { get; }

    /// <summary>The columns of the input that the scores are made of.</summary>
    public IReadOnlyList<DataViewSchema.Column> Texts { get; }

    public bool PassesThrough(DataViewSchema.Column column) => column.Index < Input.Count;

    /// <summary>A getter for one of the transformer's own columns.</summary>
    public Delegate Getter(DataViewSchema.Column column, RowScores current) => _added[column.Index - Input.Count].Getter(current);

    /// <summary>Which columns of the output are among <paramref name="needed"/>.</summary>
    public bool[] Activate(IEnumerable<DataViewSchema.Column> needed)
    {
        var active = new bool[Output.Count];
        foreach (var column in needed) active[Check(column).Index] = true;
        return active;
    }

    /// <summary>The columns of the input that are needed for these columns of the output.</summary>
    public DataViewSchema.Column[] Dependencies(IEnumerable<DataViewSchema.Column> needed)
    {
        var active = Activate(needed);
        if (active.AsSpan(Input.Count).Contains(true))
            foreach (var text in Texts) active[text.Index] = true;
        return [.. Input.Where(column => active[column.Index])];
    }

    public DataViewSchema.Column Check(DataViewSchema.Column column) =>
        column.Index < Output.Count && Output[column.Index].Name == column.Name
            ? Output[column.Index]
            : throw new ArgumentOutOfRangeException(nameof(column), $"The column '{column.Name}' at {column.Index} is not one of this schema.");

    public DataViewSchema.Column CheckActive(DataViewSchema.Column column, bool[] active) =>
        active[Check(column).Index]
            ? column
            : throw new ArgumentOutOfRangeException(nameof(column), $"The column '{column.Name}' was not asked for when the rows were opened.");

    public static ValueGetter<T> Typed<T>(Delegate getter, DataViewSchema.Column column) => getter as ValueGetter<T>
        ?? throw new InvalidOperationException(
            $"Invalid TValue in GetGetter for the column '{column.Name}': '{typeof(T)}', expected type: '{column.Type.RawType}'.");
}
