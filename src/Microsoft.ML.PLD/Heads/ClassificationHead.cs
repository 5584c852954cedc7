using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Scores classes from a pooled text: BERT's pooler (dense and tanh), dropout, and a linear layer.</summary>
internal sealed class ClassificationHead(ParameterStore weights, BertConfig config, SwitchableEncoder encoder, Pooling pooling, int classes)
{
    private readonly Dense _pooler = new(weights, "bert.pooler.dense", config.HiddenSize, config.HiddenSize, config.InitialDeviation);
    private readonly Dense _classifier = new(weights, "classifier", config.HiddenSize, classes, config.InitialDeviation);

    /// <returns>[B, classes], float32</returns>
    public torch.Tensor Logits(torch.Tensor hidden, TokenBatch batch, Dropout? dropout = null)
    {
        var pooled = _pooler.Apply(Pooler.Apply(encoder, hidden, batch, pooling)).tanh();
        // In float32: at a logit of 8, bfloat16 knows steps of 1/16 only.
        return _classifier.Apply((dropout?.Hidden(pooled) ?? pooled).to(torch.float32));
    }
}
