namespace Microsoft.ML.PLD;

/// <summary>The class with the highest score, as a key; missing when no score is a number.</summary>
internal sealed class PredictedLabelColumn(string name, LabelMap labels) : OutputColumn(name)
{
    public override DataViewSchema.DetachedColumn Describe(uint scoreSet)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        labels.Annotate(annotations, ScoreAnnotations.KeyValues);
        ScoreAnnotations.Add(annotations, ScoreAnnotations.Multiclass, ScoreAnnotations.PredictedLabel, scoreSet);
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
