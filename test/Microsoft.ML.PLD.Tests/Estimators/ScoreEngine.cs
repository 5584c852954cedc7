using Microsoft.ML.Data;

namespace Microsoft.ML.PLD.Tests;

/// <summary>A prediction engine for a column of numbers, or of vectors of numbers.</summary>
internal sealed class ScoreEngine : IDisposable
{
    private readonly PredictionEngine<ContractRow, Number>? _number;
    private readonly PredictionEngine<ContractRow, Vector>? _vector;

    public ScoreEngine(ITransformer transformer, DataViewSchema.Column column, SchemaDefinition input, bool owns)
    {
        if (column.Type is VectorDataViewType) _vector = Engine<Vector>(transformer, column, input, owns);
        else _number = Engine<Number>(transformer, column, input, owns);
    }

    /// <returns>A float, or an array of them.</returns>
    public object Predict(ContractRow row) => _vector is null ? _number!.Predict(row).Value : _vector.Predict(row).Value;

    public void Dispose()
    {
        _number?.Dispose();
        _vector?.Dispose();
    }

    private static PredictionEngine<ContractRow, T> Engine<T>(ITransformer transformer, DataViewSchema.Column column, SchemaDefinition input, bool owns) where T : class, new()
    {
        var output = SchemaDefinition.Create(typeof(T));
        (output[nameof(Number.Value)].ColumnName, output[nameof(Number.Value)].ColumnType) = (column.Name, column.Type);
        return new MLContext().Model.CreatePredictionEngine<ContractRow, T>(
            transformer, new PredictionEngineOptions { OwnsTransformer = owns, InputSchemaDefinition = input, OutputSchemaDefinition = output });
    }

    private sealed class Number
    {
        public float Value { get; set; }
    }

    private sealed class Vector
    {
        public float[] Value { get; set; } = [];
    }
}
