using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>
/// Makes a few numbers of a pooled text, logits of classes or a value: BERT's pooler (dense and tanh), dropout, and a linear layer. Hugging Face's
/// ForSequenceClassification, whose names it has, is for both as well.
/// </summary>
internal sealed class PredictionHead(ParameterStore weights, BertConfig config, SwitchableEncoder encoder, Pooling pooling, int outputs)
{
    /// <summary>What the names of BERT's pooler begin with.</summary>
    public const string PoolerName = "bert.pooler";

    /// <summary>What the names of the last layer begin with.</summary>
    public const string LastName = "classifier";

    private readonly Dense _pooler = PoolerOf(weights, config);
    private readonly Dense _last = new(weights, LastName, config.HiddenSize, outputs, config.InitialDeviation);

    /// <summary>Makes the weights of BERT's pooler.</summary>
    public static Dense PoolerOf(ParameterStore weights, BertConfig config) => new(weights, $"{PoolerName}.dense", config.HiddenSize, config.HiddenSize, config.InitialDeviation);

    /// <returns>[B, outputs], float32</returns>
    public torch.Tensor Apply(torch.Tensor hidden, TokenBatch batch, Dropout? dropout = null)
    {
        var pooled = _pooler.Apply(Pooler.Apply(encoder, hidden, batch, pooling)).tanh();
        // In float32: at a logit of 8, bfloat16 knows steps of 1/16 only.
        return _last.Apply((dropout?.Hidden(pooled) ?? pooled).to(torch.float32));
    }

    /// <summary>Makes scale * output + shift of each output from now on.</summary>
    public void Rescale(double scale, double shift)
    {
        using var noGrad = torch.no_grad();
        _last.Weight.Value.TimesInPlace(scale);
        _last.Bias.Value.TimesInPlace(scale).PlusInPlace(shift);
        _last.Weight.Refresh();
        _last.Bias.Refresh();
    }
}
