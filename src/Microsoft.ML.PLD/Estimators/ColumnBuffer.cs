using Microsoft.ML.Data;

namespace Microsoft.ML.PLD;

/// <summary>The values of one column in the rows that a cursor has read ahead. It owns them: the source is free to reuse its own buffers.</summary>
internal abstract class ColumnBuffer
{
    /// <summary>Whether values of this type stay good when the source moves on; images and the like need not.</summary>
    public static bool CanHold(DataViewType type) => (type is VectorDataViewType vector ? vector.ItemType : type)
        is NumberDataViewType or TextDataViewType or BooleanDataViewType or KeyDataViewType
        or DateTimeDataViewType or DateTimeOffsetDataViewType or TimeSpanDataViewType or RowIdDataViewType;

    public static ColumnBuffer Create(DataViewRow source, DataViewSchema.Column column, int capacity)
    {
        var buffer = column.Type is VectorDataViewType vector
            ? typeof(VectorBuffer<>).MakeGenericType(vector.ItemType.RawType)
            : typeof(ValueBuffer<>).MakeGenericType(column.Type.RawType);
        return (ColumnBuffer)Activator.CreateInstance(buffer, source, column, capacity)!;
    }

    /// <summary>Takes the value of the row that the source is at.</summary>
    public abstract void Take(int slot);

    /// <returns>A <see cref="ValueGetter{TValue}"/> of the column's type.</returns>
    public abstract Delegate Getter(Func<int> current);
}

internal sealed class ValueBuffer<T>(DataViewRow source, DataViewSchema.Column column, int capacity) : ColumnBuffer
{
    private readonly T[] _values = new T[capacity];
    private readonly ValueGetter<T> _source = source.GetGetter<T>(column);

    public ReadOnlyMemory<T> Values => _values;

    public override void Take(int slot) => _source(ref _values[slot]);

    public override Delegate Getter(Func<int> current) => (ValueGetter<T>)((ref T value) => value = _values[current()]);
}

internal sealed class VectorBuffer<T>(DataViewRow source, DataViewSchema.Column column, int capacity) : ColumnBuffer
{
    private readonly VBuffer<T>[] _values = new VBuffer<T>[capacity];
    private readonly ValueGetter<VBuffer<T>> _source = source.GetGetter<VBuffer<T>>(column);

    public override void Take(int slot) => _source(ref _values[slot]);

    public override Delegate Getter(Func<int> current) => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => _values[current()].CopyTo(ref value));
}
