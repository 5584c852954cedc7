using Microsoft.ML.Data;

namespace Microsoft.ML.PLD;

/// <summary>Maps one row at a time: what a prediction engine uses.</summary>
internal sealed class ScoredRowMapper(TextTransformer scorer, RowBindings bindings) : IRowToRowMapper
{
    public DataViewSchema InputSchema => bindings.Input;

    public DataViewSchema OutputSchema => bindings.Output;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        bindings.Dependencies(dependingColumns);

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns) => input.Schema == bindings.Input
        ? new ScoredRow(scorer, bindings, input, bindings.Activate(activeColumns))
        : throw new ArgumentException("The row has another schema than the one that the mapper was made for.", nameof(input));
}
