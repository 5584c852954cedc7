using System.Collections;
using System.Globalization;
using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.PLD.Tests;

/// <summary>The values in the rows of data views, whatever their types: texts as strings, vectors as arrays.</summary>
internal static class RowValues
{
    /// <summary>All rows; of the columns named, or of all that are not hidden.</summary>
    public static List<object?[]> Of(IDataView view, params string[] columns)
    {
        using var cursor = view.GetRowCursor(Columns(view.Schema, columns));
        return Of(cursor, columns);
    }

    public static List<object?[]> Of(DataViewRowCursor cursor, params string[] columns)
    {
        var readers = Columns(cursor.Schema, columns).Select(column => Reader(column, cursor)).ToArray();
        var rows = new List<object?[]>();
        while (cursor.MoveNext()) rows.Add([.. readers.Select(read => read())]);
        return rows;
    }

    public static DataViewSchema.Column[] Columns(DataViewSchema schema, params string[] names) =>
        [.. names.Length == 0 ? schema.Where(column => !column.IsHidden) : names.Select(name => schema[name])];

    public static Func<object?> Reader(DataViewSchema.Column column, DataViewRow row) =>
        Typed(column.Type, row.GetType()
            .GetMethod(nameof(DataViewRow.GetGetter))!.MakeGenericMethod(column.Type.RawType).Invoke(row, [column])!);

    public static Func<object?> Reader(DataViewSchema.Column column, DataViewSchema.Annotations annotations) =>
        Typed(column.Type, annotations.GetType()
            .GetMethod(nameof(DataViewSchema.Annotations.GetGetter))!.MakeGenericMethod(column.Type.RawType).Invoke(annotations, [column])!);

    public static string Text(object? value) => value is Array array
        ? string.Join(" | ", array.Cast<object>().Select(Text))
        : Convert.ToString(value, CultureInfo.InvariantCulture)!;

    public static void AssertEqual(IReadOnlyList<object?[]> expected, IReadOnlyList<object?[]> actual, float tolerance)
    {
        Assert.HasCount(expected.Count, actual);
        for (var row = 0; row < expected.Count; row++)
            for (var column = 0; column < expected[row].Length; column++)
                if (!Equal(expected[row][column], actual[row][column], tolerance))
                    Assert.Fail($"Row {row}, column {column}: expected '{Text(expected[row][column])}', got '{Text(actual[row][column])}'.");
    }

    private static bool Equal(object? expected, object? actual, float tolerance) => (expected, actual) switch
    {
        (float a, float b) => a.Equals(b) || MathF.Abs(a - b) <= tolerance,
        (IList a, IList b) => a.Count == b.Count && Enumerable.Range(0, a.Count).All(i => Equal(a[i], b[i], tolerance)),
        _ => Equals(expected, actual),
    };

    private static Func<object?> Typed(DataViewType type, object getter)
    {
        var item = type is VectorDataViewType vector ? vector.ItemType.RawType : type.RawType;
        var reader = type is VectorDataViewType ? nameof(VectorReader) : nameof(ValueReader);
        var method = typeof(RowValues).GetMethod(reader, BindingFlags.NonPublic | BindingFlags.Static)!;
        return (Func<object?>)method.MakeGenericMethod(item).Invoke(null, [getter])!;
    }

    private static Func<object?> ValueReader<T>(ValueGetter<T> getter) => () =>
    {
        T value = default!;
        getter(ref value);
        return value is ReadOnlyMemory<char> text ? text.ToString() : value;
    };

    private static Func<object?> VectorReader<T>(ValueGetter<VBuffer<T>> getter) => () =>
    {
        VBuffer<T> value = default;
        getter(ref value);
        return value.DenseValues().Select(item => item is ReadOnlyMemory<char> text ? text.ToString() : (object?)item).ToArray();
    };
}
