using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>The rows to learn from. Each enumeration is one pass over the data, through one cursor that reads the needed columns only.</summary>
internal sealed class TrainingData
{
    private const int RowsBetweenChecks = 256;

    private readonly IHostEnvironment _environment;
    private readonly IDataView _data;
    private readonly DataViewSchema.Column[] _texts;
    private readonly DataViewSchema.Column? _label, _weight;
    private readonly CancellationToken _cancellationToken;

    /// <exception cref="ArgumentOutOfRangeException">A column is missing or holds something else.</exception>
    public TrainingData(IHostEnvironment environment, IDataView data, TrainingColumns columns, CancellationToken cancellationToken = default)
    {
        (_environment, _data, _texts, _cancellationToken) = (environment, data, columns.Texts.FindIn(data.Schema), cancellationToken);
        _label = columns.Label?.FindIn(data.Schema);
        _weight = columns.Weight?.FindIn(data.Schema);
        if (_label is not { } label) return;
        Labels = label.Type switch
        {
            KeyDataViewType => LabelMap.Of(label),
            BooleanDataViewType => LabelMap.Truth,
            _ => null,
        };
    }

    /// <summary>The classes, or null when there are none.</summary>
    public LabelMap? Labels { get; }

    /// <summary>Whether the rows are to validate with: they may be of one class, and have no weights.</summary>
    public bool ForValidation { get; init; }

    private string Purpose => ForValidation ? "validate with" : "learn from";

    private string Of => ForValidation ? " of the validation set" : "";

    /// <summary>Reads the rows, in order or shuffled. A row that counts nothing is left out.</summary>
    /// <param name="shuffle">What to shuffle with, as far as the data can be.</param>
    /// <exception cref="InvalidOperationException">There is no row, a row has no label or an impossible weight, or, at the end, all are of the same class.</exception>
    /// <exception cref="OperationCanceledException">The <see cref="MLContext"/> was cancelled, as AutoML does when its time is up.</exception>
    public IEnumerable<TrainingRow> Rows(Random? shuffle = null)
    {
        DataViewSchema.Column[] needed = [.. _texts, .. new[] { _label, _weight }.OfType<DataViewSchema.Column>()];
        using var cursor = _data.GetRowCursor(needed, _data.CanShuffle ? shuffle : null);
        var texts = Array.ConvertAll(_texts, cursor.GetGetter<ReadOnlyMemory<char>>);
        var target = _label is { } label ? TargetOf(cursor, label) : null;
        var weight = _weight is { } column ? cursor.GetGetter<float>(column) : null;

        long row = 0, counted = 0;
        double first = -1, other = -1;
        for (; cursor.MoveNext(); row++)
        {
            if (row % RowsBetweenChecks == 0)
            {
                _cancellationToken.ThrowIfCancellationRequested();
                MLNetAccess.CheckAlive(_environment);
            }
            var value = target?.Invoke(row) ?? -1;
            var share = weight is null ? 1 : WeightOf(weight, row);
            if (share == 0) continue;
            if (counted++ == 0) first = value;
            else if (value != first) other = value;
            yield return new TrainingRow(row, Value(texts[0]), texts.Length > 1 ? Value(texts[1]) : default, value, share);
        }
        if (counted == 0)
            throw new InvalidOperationException(row == 0 ? $"There are no rows to {Purpose} (column '{_texts[0].Name}')."
                : $"There are no rows to learn from: the weight of all {row} is 0 (column '{_weight!.Value.Name}').");
        if (Labels is not null && other < 0 && !ForValidation)
            throw new InvalidOperationException(
                $"All {counted} rows have the same label '{Labels.Describe((int)first)}' in column '{_label!.Value.Name}'; "
                + "a classifier needs at least two classes.");
    }

    private Func<long, double> TargetOf(DataViewRowCursor cursor, DataViewSchema.Column label)
    {
        if (label.Type is KeyDataViewType)
        {
            var key = cursor.GetGetter<uint>(label);
            return row => Value(key) is var found && found > 0 && found <= (uint)Labels!.Count ? found - 1 : throw NoLabel(row, found == 0
                ? "its key is 0, which stands for a missing value, or one that MapValueToKey did not see when it was fitted. Fit it on all classes, or drop such rows with mlContext.Data.FilterRowsByMissingValues."
                : $"its key is {found}; expected 1 to {Labels!.Count}.");
        }
        if (label.Type is BooleanDataViewType)
        {
            var truth = cursor.GetGetter<bool>(label);
            return _ => Value(truth) ? 1 : 0;
        }
        var number = cursor.GetGetter<float>(label);
        return row => Value(number) is var found && float.IsFinite(found) ? found
            : throw NoLabel(row, FormattableString.Invariant($"it is {found}; expected a finite number. mlContext.Data.FilterRowsByMissingValues drops rows with NaN."));
    }

    private InvalidOperationException NoLabel(long row, string why) =>
        new($"Row {row}{Of} has no label in column '{_label!.Value.Name}' (rows count from 0, in the order in which they are read): {why}");

    private float WeightOf(ValueGetter<float> getter, long row) => Value(getter) is var weight && weight >= 0 && float.IsFinite(weight) ? weight
        : throw new InvalidOperationException(FormattableString.Invariant(
            $"Row {row} has the weight {weight} in column '{_weight!.Value.Name}'; expected a number of at least 0 (rows count from 0, in the order in which they are read)."));

    private static T Value<T>(ValueGetter<T> getter)
    {
        T value = default!;
        getter(ref value);
        return value;
    }
}
