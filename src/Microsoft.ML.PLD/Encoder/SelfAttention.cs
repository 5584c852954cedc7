using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Multi-head self-attention: softmax(Q K^T / sqrt(D)) V, heads side by side, and an output projection.</summary>
internal sealed class SelfAttention
{
    private readonly Dense _query, _key, _value, _output;
    private readonly int _heads, _headSize;
    private readonly ParameterStore _weights;
    private StackedDense? _projections;

    public SelfAttention(ParameterStore weights, string name, BertConfig config, double outputDeviation)
    {
        (_weights, _heads, _headSize) = (weights, config.AttentionHeads, config.HeadSize);
        Dense Project(string part, double deviation) => new(weights, $"{name}.{part}", config.HiddenSize, config.HiddenSize, deviation);
        _query = Project("self.query", config.InitialDeviation);
        _key = Project("self.key", config.InitialDeviation);
        _value = Project("self.value", config.InitialDeviation);
        _output = Project("output.dense", outputDeviation);
    }

    /// <summary>Makes scoring in a type faster: one product for queries, keys and values. The weights must not change from here on.</summary>
    public void Freeze(torch.ScalarType type) => _projections ??= _weights.Own(new StackedDense([_query, _key, _value], type));

    /// <param name="x">[B * S, H]</param>
    /// <param name="batch">The shape, and the keys to ignore.</param>
    /// <param name="dropout">Null: none.</param>
    /// <param name="outputs">[B * K] rows of <paramref name="x"/> to compute, as many of each text; null: all.</param>
    /// <returns>[B * S, H], or [B * K, H]</returns>
    public torch.Tensor Apply(torch.Tensor x, TokenBatch batch, Dropout? dropout, torch.Tensor? outputs = null)
    {
        torch.Tensor[] projected = _projections is { } stacked && stacked.Type == x.dtype && outputs is null && !torch.is_grad_enabled()
            ? stacked.Apply(x)
            : [_query.Apply(outputs is null ? x : x.index_select(0, outputs)), _key.Apply(x), _value.Apply(x)];
        var (query, key, value) = (projected[0], projected[1], projected[2]);
        var queries = outputs is null ? batch.Length : batch.OutputsPerRow;
        var scale = 1 / Math.Sqrt(_headSize);
        if (x.device_type == DeviceType.CPU)
        {
            var shape = new AttentionShape(batch.Rows, _heads, queries, batch.Length, scale, batch.Padding);
            return _output.Apply(AttentionFunction.Apply(query, key, value, shape, dropout?.AttentionSite()));
        }
        return _output.Apply(Fused(
            SplitHeads(query, batch, queries), SplitHeads(key, batch, batch.Length), SplitHeads(value, batch, batch.Length), batch.IgnoredKeys, dropout?.AttentionRate ?? 0));
    }

    /// <summary>libtorch's own fused attention, for other devices than the processor: flash attention where there is no padding.</summary>
    /// <returns>[B * queries, H]</returns>
    internal static torch.Tensor Fused(torch.Tensor query_BASD, torch.Tensor key_BASD, torch.Tensor value_BASD, torch.Tensor? ignoredKeys, double dropoutRate) =>
        torch.nn.functional.scaled_dot_product_attention(query_BASD, key_BASD, value_BASD, attn_mask: ignoredKeys?.logical_not(), p: dropoutRate)
            .transpose(1, 2).flatten(2, 3).flatten(0, 1);

    private torch.Tensor SplitHeads(torch.Tensor x, TokenBatch batch, int length) => x.view(batch.Rows, length, _heads, _headSize).transpose(1, 2);
}
