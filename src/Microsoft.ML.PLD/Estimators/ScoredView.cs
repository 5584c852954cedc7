namespace Microsoft.ML.PLD;

/// <summary>A view of data with a transformer's columns added: each row of the source is one row here, in the source's order.</summary>
internal sealed class ScoredView(TextTransformer scorer, RowBindings bindings, IDataView source) : IDataView
{
    public DataViewSchema Schema => bindings.Output;

    public bool CanShuffle => source.CanShuffle;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = bindings.Activate(columnsNeeded);
        return Wrap(source.GetRowCursor(bindings.Dependencies(Active(active)), rand), active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var active = bindings.Activate(columnsNeeded);
        return Array.ConvertAll(source.GetRowCursorSet(bindings.Dependencies(Active(active)), n, rand), cursor => Wrap(cursor, active));
    }

    private IEnumerable<DataViewSchema.Column> Active(bool[] active) => bindings.Output.Where(column => active[column.Index]);

    private DataViewRowCursor Wrap(DataViewRowCursor cursor, bool[] active) => active.AsSpan(bindings.Input.Count).Contains(true)
        ? new ScoringCursor(scorer, bindings, cursor, active)
        : new PassThroughCursor(bindings, cursor, active);
}
