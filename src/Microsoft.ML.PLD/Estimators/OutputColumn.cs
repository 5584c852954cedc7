using Microsoft.ML.Data;

namespace Microsoft.ML.PLD;

/// <summary>The scores of the row that a cursor is at: <see cref="ITextScorer.Width"/> floats.</summary>
internal delegate ReadOnlySpan<float> RowScores();

/// <summary>A column that a transformer adds: what it looks like, and how its values follow from the scores of a row.</summary>
internal abstract class OutputColumn(string name)
{
    public string Name { get; } = string.IsNullOrEmpty(name) ? throw new ArgumentException("The name of an output column is empty.", nameof(name)) : name;

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

/// <summary>The scores as they are, as features for the next estimator: a vector of floats.</summary>
internal sealed class FeaturesColumn(string name, int width) : OutputColumn(name)
{
    public override DataViewSchema.DetachedColumn Describe(uint scoreSet) => new(Name, new VectorDataViewType(NumberDataViewType.Single, width));

    public override Delegate Getter(RowScores current) => VectorGetter(current);
}

/// <summary>The probability of each class: a vector of floats whose slots carry the names of the classes.</summary>
internal sealed class ClassScoreColumn(string name, LabelMap labels) : OutputColumn(name)
{
    public override DataViewSchema.DetachedColumn Describe(uint scoreSet)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        if (labels.AreText) labels.Annotate(annotations, ScoreAnnotations.SlotNames);
        labels.Annotate(annotations, ScoreAnnotations.TrainingLabelValues);
        ScoreAnnotations.AddMulticlass(annotations, ScoreAnnotations.Score, scoreSet);
        return new(Name, new VectorDataViewType(NumberDataViewType.Single, labels.Count), annotations.ToAnnotations());
    }

    public override Delegate Getter(RowScores current) => VectorGetter(current);
}

/// <summary>The class with the highest score, as a key; missing when no score is a number.</summary>
internal sealed class PredictedLabelColumn(string name, LabelMap labels) : OutputColumn(name)
{
    public override DataViewSchema.DetachedColumn Describe(uint scoreSet)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        labels.Annotate(annotations, ScoreAnnotations.KeyValues);
        ScoreAnnotations.AddMulticlass(annotations, ScoreAnnotations.PredictedLabel, scoreSet);
        return new(Name, labels.KeyType, annotations.ToAnnotations());
    }

    public override Delegate Getter(RowScores current) => (ValueGetter<uint>)((ref uint key) => key = KeyOfHighest(current()));

    private static uint KeyOfHighest(ReadOnlySpan<float> scores)
    {
        var best = -1;
        for (var i = 0; i < scores.Length; i++)
            if (!float.IsNaN(scores[i]) && (best < 0 || scores[i] > scores[best])) best = i;
        return (uint)(best + 1); // keys count from 1; 0 is missing
    }
}
