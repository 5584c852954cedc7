using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>The rows to learn from. Each enumeration is one pass over the data, through one cursor that reads the needed columns only.</summary>
internal sealed class TrainingData
{
    private const int RowsBetweenChecks = 256;

    private readonly IHostEnvironment _environment;
    private readonly IDataView _data;
    private readonly DataViewSchema.Column[] _texts;
    private readonly DataViewSchema.Column? _label;
    private readonly CancellationToken _cancellationToken;

    /// <exception cref="ArgumentOutOfRangeException">A column is missing or holds something else.</exception>
    public TrainingData(IHostEnvironment environment, IDataView data, TextColumns texts, InputColumn? label = null, CancellationToken cancellationToken = default)
    {
        (_environment, _data, _texts, _cancellationToken) = (environment, data, texts.FindIn(data.Schema), cancellationToken);
        if (label is null) return;
        _label = label.FindIn(data.Schema);
        Labels = LabelMap.Of(_label.Value);
    }

    /// <summary>The classes, or null when there is no label column.</summary>
    public LabelMap? Labels { get; }

    /// <summary>Reads the rows, in order or shuffled.</summary>
    /// <param name="shuffle">What to shuffle with, as far as the data can be.</param>
    /// <exception cref="InvalidOperationException">There is no row, a row has no label, or, at the end, all have the same.</exception>
    /// <exception cref="OperationCanceledException">The <see cref="MLContext"/> was cancelled, as AutoML does when its time is up.</exception>
    public IEnumerable<TrainingRow> Rows(Random? shuffle = null)
    {
        DataViewSchema.Column[] needed = _label is { } column ? [.. _texts, column] : _texts;
        using var cursor = _data.GetRowCursor(needed, _data.CanShuffle ? shuffle : null);
        var texts = Array.ConvertAll(_texts, cursor.GetGetter<ReadOnlyMemory<char>>);
        var label = _label is null ? null : cursor.GetGetter<uint>(_label.Value);

        long row = 0;
        int first = -1, other = -1;
        for (; cursor.MoveNext(); row++)
        {
            if (row % RowsBetweenChecks == 0)
            {
                _cancellationToken.ThrowIfCancellationRequested();
                MLNetAccess.CheckAlive(_environment);
            }
            var index = label is null ? -1 : ClassOf(label, row);
            if (first < 0) first = index;
            else if (index != first) other = index;
            yield return new TrainingRow(row, Value(texts[0]), texts.Length > 1 ? Value(texts[1]) : default, index);
        }
        if (row == 0) throw new InvalidOperationException($"There are no rows to learn from (column '{_texts[0].Name}').");
        if (label is not null && other < 0)
            throw new InvalidOperationException(
                $"All {row} rows have the same label '{Labels!.Describe(first)}' in column '{_label!.Value.Name}'; "
                + "a classifier needs at least two classes.");
    }

    private int ClassOf(ValueGetter<uint> label, long row)
    {
        var key = Value(label);
        return key > 0 && key <= (uint)Labels!.Count
            ? (int)key - 1
            : throw new InvalidOperationException(
                $"Row {row} has no label in column '{_label!.Value.Name}' (rows count from 0, in the order in which they are read).");
    }

    private static T Value<T>(ValueGetter<T> getter)
    {
        T value = default!;
        getter(ref value);
        return value;
    }
}
