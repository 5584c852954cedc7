namespace Microsoft.ML.PLD;

/// <summary>The one or two columns that hold the texts of a row.</summary>
internal sealed class TextColumns
{
    private readonly InputColumn[] _columns;

    public TextColumns(string first, string? second = null)
    {
        _columns = second is null ? [InputColumn.Text(first)] : [InputColumn.Text(first), InputColumn.Text(second)];
    }

    public string First => _columns[0].Name;

    /// <summary>The column of the second sentence of a pair, or null.</summary>
    public string? Second => _columns.Length > 1 ? _columns[1].Name : null;

    /// <inheritdoc cref="InputColumn.FindIn(DataViewSchema)"/>
    public DataViewSchema.Column[] FindIn(DataViewSchema schema) => Array.ConvertAll(_columns, column => column.FindIn(schema));

    /// <inheritdoc cref="InputColumn.FindIn(SchemaShape)"/>
    public void CheckIn(SchemaShape shape) => Array.ForEach(_columns, column => column.FindIn(shape));
}
