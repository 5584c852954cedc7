using Microsoft.ML.Data;

namespace Microsoft.ML.PLD;

/// <summary>A cursor of which none of the transformer's own columns was asked for: nothing is read ahead and nothing is scored.</summary>
internal sealed class PassThroughCursor(RowBindings bindings, DataViewRowCursor source, bool[] active) : DataViewRowCursor
{
    private bool _disposed;

    public override DataViewSchema Schema => bindings.Output;

    public override long Position => source.Position;

    public override long Batch => source.Batch;

    public override bool MoveNext() => source.MoveNext();

    public override ValueGetter<DataViewRowId> GetIdGetter() => source.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => active[bindings.Check(column).Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        bindings.CheckActive(column, active);
        return source.GetGetter<TValue>(source.Schema[column.Index]);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed) source.Dispose();
        _disposed = true;
        base.Dispose(disposing);
    }
}
