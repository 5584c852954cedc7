using Microsoft.ML.Data;

namespace Microsoft.ML.PLD;

/// <summary>Some rows read ahead from a cursor, so that a network can score them together.</summary>
internal sealed class RowWindow
{
    private const int Growth = 4;

    private readonly DataViewRowCursor _source;
    private readonly Dictionary<int, ColumnBuffer> _buffers = [];
    private readonly long[] _batches;
    private readonly DataViewRowId[] _ids;
    private readonly ValueGetter<DataViewRowId> _id;
    private int _next = 1;
    private bool _ended;

    /// <param name="source">Owned by the caller.</param>
    /// <param name="columns">The columns of <paramref name="source"/> whose values are wanted.</param>
    /// <param name="capacity">The most rows to read ahead.</param>
    public RowWindow(DataViewRowCursor source, IReadOnlyCollection<DataViewSchema.Column> columns, int capacity)
    {
        _source = source;
        // A value that cannot be held is read straight from the source, which must then be at the row that is asked for.
        Capacity = columns.All(column => ColumnBuffer.CanHold(column.Type)) ? capacity : 1;
        foreach (var column in columns)
            if (ColumnBuffer.CanHold(column.Type)) _buffers.Add(column.Index, ColumnBuffer.Create(source, column, Capacity));
        _batches = new long[Capacity];
        _ids = new DataViewRowId[Capacity];
        _id = source.GetIdGetter();
    }

    public int Capacity { get; }

    /// <summary>The rows in the window now.</summary>
    public int Count { get; private set; }

    /// <summary>Reads the next rows: 1, 4, 16, 64, ... so that a glance at the first rows stays cheap and long reads get full batches.</summary>
    /// <returns>Whether there is a row.</returns>
    public bool Advance()
    {
        var wanted = Math.Min(_next, Capacity);
        _next = Math.Min(_next * Growth, Capacity);
        for (Count = 0; Count < wanted && !_ended; Count++)
        {
            if (!_source.MoveNext())
            {
                _ended = true;
                break;
            }
            foreach (var buffer in _buffers.Values) buffer.Take(Count);
            _batches[Count] = _source.Batch;
            _id(ref _ids[Count]);
        }
        return Count > 0;
    }

    public long BatchAt(int slot) => _batches[slot];

    public DataViewRowId IdAt(int slot) => _ids[slot];

    public ReadOnlyMemory<ReadOnlyMemory<char>> Texts(DataViewSchema.Column column) =>
        ((ValueBuffer<ReadOnlyMemory<char>>)_buffers[column.Index]).Values[..Count];

    /// <returns>A <see cref="ValueGetter{TValue}"/> of the column's type.</returns>
    public Delegate Getter<T>(DataViewSchema.Column column, Func<int> current) => _buffers.TryGetValue(column.Index, out var buffer)
        ? buffer.Getter(current)
        : _source.GetGetter<T>(_source.Schema[column.Index]);
}
