using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Tells whether the second segment follows the first in the text: BERT's pooler (dense and tanh on [CLS]) and a two-way classifier.</summary>
internal sealed class NextSentenceHead(ParameterStore weights, BertConfig config, SwitchableEncoder encoder)
{
    private readonly Dense _pooler = PredictionHead.PoolerOf(weights, config);
    private readonly Dense _relation = new(weights, "cls.seq_relationship", config.HiddenSize, 2, config.InitialDeviation);

    /// <returns>[B, 2], float32: is next, is not</returns>
    public torch.Tensor Logits(torch.Tensor hidden, TokenBatch batch) =>
        _relation.Apply(_pooler.Apply(Pooler.Apply(encoder, hidden, batch, Pooling.Cls)).tanh().to(torch.float32));
}
