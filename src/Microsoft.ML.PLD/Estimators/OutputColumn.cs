using Microsoft.ML.Data;

namespace Microsoft.ML.PLD;

/// <summary>The scores of the row that a cursor is at: <see cref="ITextScorer.Width"/> floats.</summary>
internal delegate ReadOnlySpan<float> RowScores();

/// <summary>A column that a transformer adds: what it looks like, and how its values follow from the scores of a row.</summary>
internal abstract class OutputColumn(string name)
{
    public string Name { get; } = string.IsNullOrEmpty(name)
        ? throw new ArgumentException("The name of an output column is empty.", nameof(name))
        : name;

    /// <param name="scoreSet">The number that the columns of this transformer share, see <see cref="ScoreAnnotations.NextScoreSet"/>.</param>
    public abstract DataViewSchema.DetachedColumn Describe(uint scoreSet);

    /// <returns>A <see cref="ValueGetter{TValue}"/> of the column's type.</returns>
    public abstract Delegate Getter(RowScores current);

    private protected static ValueGetter<VBuffer<float>> VectorGetter(RowScores current) => (ref VBuffer<float> value) =>
    {
        var scores = current();
        var editor = VBufferEditor.Create(ref value, scores.Length);
        scores.CopyTo(editor.Values);
        value = editor.Commit();
    };
}
