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
        _types = weights.Normal("bert.embeddings.token_type_embeddings.weight", config.InitialDeviation, config.TypeVocabularySize, config.HiddenSize);
        if (config.HasEmbeddingNorm)
            _norm = new LayerNormalization(weights, "bert.embeddings.LayerNorm", config.HiddenSize, config.LayerNormEpsilon);
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
