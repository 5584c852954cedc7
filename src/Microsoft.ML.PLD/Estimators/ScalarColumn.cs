using Microsoft.ML.Data;

namespace Microsoft.ML.PLD;

/// <summary>One value a row: a score, or what follows from it.</summary>
/// <param name="name">The column's name.</param>
/// <param name="type">Its type.</param>
/// <param name="kind">As ML.NET calls the task.</param>
/// <param name="valueKind">As ML.NET calls what the column holds.</param>
/// <param name="value">Makes it of the row's scores.</param>
internal sealed class ScalarColumn<T>(string name, PrimitiveDataViewType type, string kind, string valueKind, Func<ReadOnlySpan<float>, T> value) : OutputColumn(name)
{
    public override DataViewSchema.DetachedColumn Describe(uint scoreSet)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        ScoreAnnotations.Add(annotations, kind, valueKind, scoreSet);
        return new(Name, type, annotations.ToAnnotations());
    }

    public override Delegate Getter(RowScores current) => (ValueGetter<T>)((ref T target) => target = value(current()));
}
