using Microsoft.ML.Data;

namespace Microsoft.ML.PLD;

/// <summary>The scores as they are, as features for the next estimator: a vector of floats.</summary>
internal sealed class FeaturesColumn(string name, int width) : OutputColumn(name)
{
    public override DataViewSchema.DetachedColumn Describe(uint scoreSet) =>
        new(Name, new VectorDataViewType(NumberDataViewType.Single, width));

    public override Delegate Getter(RowScores current) => VectorGetter(current);
}
