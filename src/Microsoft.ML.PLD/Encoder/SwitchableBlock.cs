using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>One transformer block whose residual branches can be scaled: the Switchable-Transformer block of the PLD paper, section 3, figure 4.</summary>
internal sealed class SwitchableBlock
{
    private readonly NormPlacement _placement;
    private readonly SelfAttention _attention;
    private readonly FeedForward _feedForward;
    private readonly LayerNormalization _attentionNorm, _feedForwardNorm;

    public SwitchableBlock(ParameterStore weights, string name, BertConfig config)
    {
        _placement = config.NormPlacement;
        var preNorm = _placement == NormPlacement.Pre;
        // Pre-LN adds 2 L branches to one stream: Megatron-LM keeps the variance of their sum (Shoeybi et al. 2019, section 3).
        var outputDeviation = preNorm ? config.InitialDeviation / Math.Sqrt(2.0 * config.Layers) : config.InitialDeviation;
        LayerNormalization Norm(string part) => new(weights, $"{name}.{part}", config.HiddenSize, config.LayerNormEpsilon);

        // The order and the names are those of MegatronBERT (pre) and BERT (post) in Hugging Face's transformers.
        if (preNorm) _attentionNorm = Norm("attention.ln");
        _attention = new SelfAttention(weights, $"{name}.attention", config, outputDeviation);
        _attentionNorm = preNorm ? _attentionNorm : Norm("attention.output.LayerNorm");
        if (preNorm) _feedForwardNorm = Norm("ln");
        _feedForward = new FeedForward(weights, name, config, outputDeviation);
        _feedForwardNorm = preNorm ? _feedForwardNorm : Norm("output.LayerNorm");
    }

    /// <param name="x">[B * S, H]</param>
    /// <param name="batch">The shape, and the keys to ignore.</param>
    /// <param name="scale">1/p of the gate; 1 gives the plain block, bit for bit.</param>
    /// <param name="scaling">What <paramref name="scale"/> multiplies.</param>
    /// <param name="dropout">Null: none.</param>
    /// <param name="outputs">[B * K] rows of <paramref name="x"/> to compute, as many of each text; null: all.</param>
    /// <returns>[B * S, H], or [B * K, H]</returns>
    public torch.Tensor Apply(torch.Tensor x, TokenBatch batch, double scale, ResidualScaling scaling, Dropout? dropout, torch.Tensor? outputs = null)
    {
        using var scope = torch.NewDisposeScope(); // what the way back does not need is freed at once, and its memory used again while it is in the caches
        var branchScale = scaling == ResidualScaling.BlockDelta ? 1 : scale;
        var stream = outputs is null ? x : x.index_select(0, outputs);
        var y = _placement == NormPlacement.Pre
            ? PreNorm(x, stream, batch, branchScale, dropout, outputs)
            : PostNorm(x, stream, batch, branchScale, dropout, outputs);
        return (scaling == ResidualScaling.BlockDelta && scale != 1 ? stream.Plus(y.sub(stream), scale) : y).MoveToOuterDisposeScope();
    }

    private torch.Tensor PreNorm(torch.Tensor x, torch.Tensor stream, TokenBatch batch, double scale, Dropout? dropout, torch.Tensor? outputs)
    {
        var h = Add(stream, _attention.Apply(_attentionNorm.Apply(x), batch, dropout, outputs), scale, dropout);
        return Add(h, _feedForward.Apply(_feedForwardNorm.Apply(h)), scale, dropout);
    }

    private torch.Tensor PostNorm(torch.Tensor x, torch.Tensor stream, TokenBatch batch, double scale, Dropout? dropout, torch.Tensor? outputs)
    {
        var h = _attentionNorm.Apply(Add(stream, _attention.Apply(x, batch, dropout, outputs), scale, dropout));
        return _feedForwardNorm.Apply(Add(h, _feedForward.Apply(h), scale, dropout));
    }

    private static torch.Tensor Add(torch.Tensor stream, torch.Tensor branch, double scale, Dropout? dropout)
    {
        if (dropout is not null) return dropout.Add(stream, branch, scale);
        return stream.Plus(branch, scale);
    }
}
