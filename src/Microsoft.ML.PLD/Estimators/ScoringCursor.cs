using Microsoft.ML.Data;

namespace Microsoft.ML.PLD;

/// <summary>A cursor that reads rows ahead and scores them together, when the first of their scores is asked for.</summary>
internal sealed class ScoringCursor : DataViewRowCursor
{
    private readonly TextTransformer _scorer;
    private readonly RowBindings _bindings;
    private readonly DataViewRowCursor _source;
    private readonly bool[] _active;
    private readonly RowWindow _window;
    private readonly float[] _scores; // [rows, width]
    private int _slot = -1;
    private long _rowsSeen, _position = -1;
    private bool _scored, _disposed;

    public ScoringCursor(TextTransformer scorer, RowBindings bindings, DataViewRowCursor source, bool[] active)
    {
        (_scorer, _bindings, _source, _active) = (scorer, bindings, source, active);
        var columns = bindings.Input.Where(column => active[column.Index]).UnionBy(bindings.Texts, column => column.Index).ToArray();
        _window = new RowWindow(source, columns, scorer.MaxBatch);
        _scores = new float[_window.Capacity * scorer.Width];
    }

    public override DataViewSchema Schema => _bindings.Output;

    public override long Position => _position;

    public override long Batch => _position < 0 ? _source.Batch : _window.BatchAt(_slot);

    public override bool MoveNext()
    {
        if (_disposed) return false;
        if (++_slot >= _window.Count)
        {
            _slot = 0;
            _scored = false;
            if (!_window.Advance())
            {
                _position = -1;
                return false;
            }
        }
        _position = _rowsSeen++;
        return true;
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId value) => value = _window.IdAt(Current());

    public override bool IsColumnActive(DataViewSchema.Column column) => _active[_bindings.Check(column).Index];

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        _bindings.CheckActive(column, _active);
        var getter = _bindings.PassesThrough(column)
            ? _window.Getter<TValue>(_bindings.Input[column.Index], Current)
            : _bindings.Getter(column, CurrentScores);
        return RowBindings.Typed<TValue>(getter, column);
    }

    private int Current() => _position < 0 || _disposed
        ? throw new InvalidOperationException("The cursor is not at a row: call MoveNext first.")
        : _slot;

    private ReadOnlySpan<float> CurrentScores()
    {
        var slot = Current();
        if (!_scored)
        {
            var second = _bindings.Texts.Count > 1 ? _window.Texts(_bindings.Texts[1]) : default;
            var texts = new TextBatch(_window.Texts(_bindings.Texts[0]), second);
            _scorer.Score(texts, _scores.AsSpan(0, texts.Count * _scorer.Width));
            _scored = true;
        }
        return _scores.AsSpan(slot * _scorer.Width, _scorer.Width);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed) _source.Dispose();
        _disposed = true;
        _position = -1;
        base.Dispose(disposing);
    }
}
