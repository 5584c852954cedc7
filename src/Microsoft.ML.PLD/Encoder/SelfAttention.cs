using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Multi-head self-attention: softmax(Q K^T / sqrt(D)) V, heads side by side, and an output projection.</summary>
internal sealed class SelfAttention
{
    private readonly Dense _query, _key, _value, _output;
    private readonly int _heads, _headSize;

    public SelfAttention(ParameterStore weights, string name, BertConfig config, double outputDeviation)
    {
        (_heads, _headSize) = (config.AttentionHeads, config.HeadSize);
        Dense Project(string part, double deviation) => new(weights, $"{name}.{part}", config.HiddenSize, config.HiddenSize, deviation);
        _query = Project("self.query", config.InitialDeviation);
        _key = Project("self.key", config.InitialDeviation);
        _value = Project("self.value", config.InitialDeviation);
        _output = Project("output.dense", outputDeviation);
    }

    /// <param name="x">[B * S, H]</param>
    /// <param name="batch">The shape, and the keys to ignore.</param>
    /// <param name="dropout">Null: none.</param>
    /// <param name="outputs">[B * K] rows of <paramref name="x"/> to compute, as many of each text; null: all.</param>
    /// <returns>[B * S, H], or [B * K, H]</returns>
    public torch.Tensor Apply(torch.Tensor x, TokenBatch batch, Dropout? dropout, torch.Tensor? outputs = null)
    {
        var query = _query.Apply(outputs is null ? x : x.index_select(0, outputs));
        var (key, value) = (_key.Apply(x), _value.Apply(x));
        var queries = outputs is null ? batch.Length : batch.OutputsPerRow;
        var scale = 1 / Math.Sqrt(_headSize);
        if (x.device_type == DeviceType.CPU)
        {
            var shape = new AttentionShape(batch.Rows, _heads, queries, batch.Length, scale, batch.Padding);
            return _output.Apply(AttentionFunction.Apply(query, key, value, shape, dropout?.AttentionSite()));
        }
        var (query_BASD, key_BASD, value_BASD) = (SplitHeads(query, batch, queries), SplitHeads(key, batch, batch.Length), SplitHeads(value, batch, batch.Length));
        var scores_BASS = query_BASD.matmul(key_BASD.transpose(-2, -1)).mul(scale);
        if (batch.IgnoredKeys is not null) scores_BASS = scores_BASS.masked_fill(batch.IgnoredKeys, double.NegativeInfinity);
        var probabilities_BASS = scores_BASS.softmax(-1);
        if (dropout is not null) probabilities_BASS = dropout.Attention(probabilities_BASS);
        var mixed_BASD = probabilities_BASS.matmul(value_BASD);
        return _output.Apply(mixed_BASD.transpose(1, 2).reshape(-1, _heads * _headSize));
    }

    private torch.Tensor SplitHeads(torch.Tensor x, TokenBatch batch, int length) => x.view(batch.Rows, length, _heads, _headSize).transpose(1, 2);
}
