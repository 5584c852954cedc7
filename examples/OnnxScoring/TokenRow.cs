using Microsoft.ML.Data;

namespace OnnxScoring;

/// <summary>What the model takes.</summary>
internal sealed class TokenRow
{
    /// <summary>The columns, with a length that the model says and no attribute can.</summary>
    public static SchemaDefinition Schema(int length)
    {
        var schema = SchemaDefinition.Create(typeof(TokenRow));
        foreach (var column in schema) column.ColumnType = new VectorDataViewType(NumberDataViewType.Int64, length);
        return schema;
    }

    [ColumnName("input_ids")]
    public long[] Ids { get; set; } = [];

    [ColumnName("attention_mask")]
    public long[] Mask { get; set; } = [];

    [ColumnName("token_type_ids")]
    public long[] Types { get; set; } = [];
}
