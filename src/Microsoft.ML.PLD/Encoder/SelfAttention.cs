using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Multi-head self-attention: softmax(Q K^T / sqrt(D)) V, heads side by side, and an output projection.</summary>
internal sealed class SelfAttention
{
    private readonly StackedDense _projections;
    private readonly Dense _output;
    private readonly int _heads, _headSize;

    public SelfAttention(ParameterStore weights, string name, BertConfig config, double outputDeviation)
    {
        (_heads, _headSize) = (config.AttentionHeads, config.HeadSize);
        _projections = weights.Own(new StackedDense(
            weights, [$"{name}.self.query", $"{name}.self.key", $"{name}.self.value"], config.HiddenSize, config.HiddenSize, config.InitialDeviation));
        _output = new Dense(weights, $"{name}.output.dense", config.HiddenSize, config.HiddenSize, outputDeviation);
    }

    /// <param name="x">[B * S, H]</param>
    /// <param name="batch">The shape, and the keys to ignore.</param>
    /// <param name="dropout">Null: none.</param>
    /// <param name="outputs">[B * K] rows of <paramref name="x"/> to compute, as many of each text; null: all.</param>
    /// <returns>[B * S, H], or [B * K, H]</returns>
    public torch.Tensor Apply(torch.Tensor x, TokenBatch batch, Dropout? dropout, torch.Tensor? outputs = null)
    {
        var queries = outputs is null ? batch.Length : batch.OutputsPerRow;
        if (x.device_type == DeviceType.CPU)
        {
            var shape = new AttentionShape(batch.Rows, _heads, queries, batch.Length, 1 / Math.Sqrt(_headSize), batch.Padding);
            torch.Tensor[] projected = outputs is null
                ? [_projections.Apply(x, 0, 3)]
                : [_projections.Apply(x.index_select(0, outputs), 0, 1), _projections.Apply(x, 1, 2)];
            return _output.Apply(AttentionFunction.Apply(projected, shape, dropout?.AttentionSite()));
        }
        var query = _projections.ApplyPart(outputs is null ? x : x.index_select(0, outputs), 0);
        var (key, value) = (_projections.ApplyPart(x, 1), _projections.ApplyPart(x, 2));
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
