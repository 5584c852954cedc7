using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Word pieces + positions + token types. The word embeddings are also the decoder of the masked-language head.</summary>
internal sealed class BertEmbeddings
{
    private readonly Weight _positions, _types;
    private readonly LayerNormalization? _norm;
    private readonly long _hiddenSize;

    public BertEmbeddings(ParameterStore weights, BertConfig config)
    {
        _hiddenSize = config.HiddenSize;
        Words = weights.Normal("bert.embeddings.word_embeddings.weight", config.InitialDeviation, config.VocabularySize, config.HiddenSize);
        _positions = weights.Normal("bert.embeddings.position_embeddings.weight", config.InitialDeviation, config.MaxPositions, config.HiddenSize);
        if (config.SinusoidalPositions) SetWaves(_positions.Value, config);
        _types = weights.Normal("bert.embeddings.token_type_embeddings.weight", config.InitialDeviation, config.TypeVocabularySize, config.HiddenSize);
        if (config.HasEmbeddingNorm)
            _norm = new LayerNormalization(weights, "bert.embeddings.LayerNorm", config.HiddenSize, config.LayerNormEpsilon);
    }

    // Sines and cosines in turn, of wavelengths from 2 pi to 10,000 * 2 pi; their deviation is that of the amplitude over the root of 2.
    private static void SetWaves(torch.Tensor positions, BertConfig config)
    {
        var amplitude = config.InitialDeviation * Math.Sqrt(2);
        var values = new float[(long)config.MaxPositions * config.HiddenSize];
        for (var i = 0; i < values.Length; i++)
        {
            var (position, feature) = Math.DivRem(i, config.HiddenSize);
            var angle = position / Math.Pow(10_000, feature / 2 * 2 / (double)config.HiddenSize);
            values[i] = (float)(amplitude * (feature % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle)));
        }
        using var noGrad = torch.no_grad();
        using var waves = torch.tensor(values, positions.shape, device: positions.device);
        positions.copy_(waves);
    }

    /// <summary>[V, H]</summary>
    public Weight Words { get; }

    /// <returns>[B * S, H] in <paramref name="type"/></returns>
    public torch.Tensor Apply(TokenBatch batch, torch.ScalarType type, Dropout? dropout)
    {
        using var scope = torch.NewDisposeScope(); // float32 sums are not needed again
        var words = batch.Ids.device_type == DeviceType.CPU ? EmbeddingLookup.Apply(Words.Value, batch.Ids) : Words.Value.index_select(0, batch.Ids);
        var positions = _positions.Value.narrow(0, 0, batch.Length);
        var types = batch.Types is null ? _types.Value.narrow(0, 0, 1) : _types.Value.index_select(0, batch.Types);
        var sum = words.Plus(types).view(batch.Rows, batch.Length, _hiddenSize).Plus(positions);
        var x = sum.view(-1, _hiddenSize).to(type);
        if (_norm is { } norm) x = norm.Apply(x);
        return (dropout?.Hidden(x) ?? x).MoveToOuterDisposeScope();
    }
}
