using Microsoft.ML.Data;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Passes data on, in batches of seven rows, and watches who reads it.</summary>
internal sealed class WatchedView(IDataView source) : IDataView
{
    private int _open;

    /// <summary>The cursors that have not been disposed.</summary>
    public int Open => _open;

    public HashSet<string> ColumnsAskedFor { get; } = [];

    public DataViewSchema Schema => source.Schema;

    public bool CanShuffle => source.CanShuffle;

    public long? GetRowCount() => null; // as of a view that does not know

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        Watch(source.GetRowCursor(columnsNeeded, rand), columnsNeeded);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        Array.ConvertAll(source.GetRowCursorSet(columnsNeeded, n, rand), cursor => Watch(cursor, columnsNeeded));

    private WatchedCursor Watch(DataViewRowCursor cursor, IEnumerable<DataViewSchema.Column> columns)
    {
        ColumnsAskedFor.UnionWith(columns.Select(column => column.Name));
        Interlocked.Increment(ref _open);
        return new WatchedCursor(cursor, () => Interlocked.Decrement(ref _open));
    }

    private sealed class WatchedCursor(DataViewRowCursor source, Action closed) : DataViewRowCursor
    {
        public override long Position => source.Position;

        public override long Batch => Math.Max(source.Position, 0) / 7;

        public override DataViewSchema Schema => source.Schema;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => source.GetGetter<TValue>(column);

        public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => source.IsColumnActive(column);

        public override bool MoveNext() => source.MoveNext();

        protected override void Dispose(bool disposing)
        {
            source.Dispose();
            closed();
        }
    }
}
