using Microsoft.ML.Data;

namespace Microsoft.ML.PLD;

/// <summary>A row with a transformer's columns added; it moves with its source, and is scored at most once at each position.</summary>
internal sealed class ScoredRow : DataViewRow
{
    private readonly TextTransformer _scorer;
    private readonly RowBindings _bindings;
    private readonly DataViewRow _source;
    private readonly bool[] _active;
    private readonly ValueGetter<ReadOnlyMemory<char>>[] _getters = [];
    private readonly ReadOnlyMemory<char>[][] _texts; // [column][the one row]
    private readonly float[] _scores;
    private long _scored = -1;
    private bool _disposed;

    public ScoredRow(TextTransformer scorer, RowBindings bindings, DataViewRow source, bool[] active)
    {
        (_scorer, _bindings, _source, _active) = (scorer, bindings, source, active);
        if (active.AsSpan(bindings.Input.Count).Contains(true))
            _getters = [.. bindings.Texts.Select(source.GetGetter<ReadOnlyMemory<char>>)];
        _texts = [.. bindings.Texts.Select(_ => new ReadOnlyMemory<char>[1])];
        _scores = new float[scorer.Width];
    }

    public override DataViewSchema Schema => _bindings.Output;

    public override long Position => _source.Position;

    public override long Batch => _source.Batch;

    public override ValueGetter<DataViewRowId> GetIdGetter() => _source.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => _active[_bindings.Check(column).Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        _bindings.CheckActive(column, _active);
        return _bindings.PassesThrough(column)
            ? _source.GetGetter<TValue>(_bindings.Input[column.Index])
            : RowBindings.Typed<TValue>(_bindings.Getter(column, CurrentScores), column);
    }

    private ReadOnlySpan<float> CurrentScores()
    {
        var position = _source.Position;
        if (position < 0 || _disposed) throw new InvalidOperationException("The row is not at a position with values.");
        if (_scored != position)
        {
            for (var i = 0; i < _getters.Length; i++) _getters[i](ref _texts[i][0]);
            _scorer.Score(new TextBatch(_texts[0], _texts.Length > 1 ? _texts[1] : default), _scores);
            _scored = position;
        }
        return _scores;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed) _source.Dispose();
        _disposed = true;
        base.Dispose(disposing);
    }
}
