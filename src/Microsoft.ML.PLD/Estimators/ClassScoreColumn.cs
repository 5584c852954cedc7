using Microsoft.ML.Data;

namespace Microsoft.ML.PLD;

/// <summary>The probability of each class: a vector of floats whose slots carry the names of the classes.</summary>
internal sealed class ClassScoreColumn(string name, LabelMap labels) : OutputColumn(name)
{
    public override DataViewSchema.DetachedColumn Describe(uint scoreSet)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        if (labels.AreText) labels.Annotate(annotations, ScoreAnnotations.SlotNames);
        labels.Annotate(annotations, ScoreAnnotations.TrainingLabelValues);
        ScoreAnnotations.Add(annotations, ScoreAnnotations.Multiclass, ScoreAnnotations.Score, scoreSet);
        return new(Name, new VectorDataViewType(NumberDataViewType.Single, labels.Count), annotations.ToAnnotations());
    }

    public override Delegate Getter(RowScores current) => VectorGetter(current);
}
