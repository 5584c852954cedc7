using System.Numerics.Tensors;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Predicts the word piece at masked positions: dense, activation, normalization, and the word embeddings as the decoder (tied weights).</summary>
internal sealed class MaskedLanguageHead
{
    /// <summary>What the names of all its weights begin with.</summary>
    public const string Name = "cls.predictions.";

    private readonly SwitchableEncoder _encoder;
    private readonly Dense _transform;
    private readonly LayerNormalization _norm;
    private readonly Weight _bias;
    private readonly Activation _activation;

    public MaskedLanguageHead(ParameterStore weights, BertConfig config, SwitchableEncoder encoder)
    {
        (_encoder, _activation) = (encoder, config.Activation);
        _transform = new Dense(weights, $"{Name}transform.dense", config.HiddenSize, config.HiddenSize, config.InitialDeviation);
        _norm = new LayerNormalization(weights, $"{Name}transform.LayerNorm", config.HiddenSize, config.LayerNormEpsilon);
        _bias = weights.Constant($"{Name}bias", 0, config.VocabularySize);
    }

    /// <summary>
    /// Sets the decoder's biases to the logarithms of the word pieces' frequencies, which a model otherwise spends its first steps on, with a drift of all
    /// word embeddings in one direction that it takes long to undo.
    /// </summary>
    /// <param name="counts">[V], how often each piece occurs</param>
    public void SetFrequencies(ReadOnlySpan<long> counts)
    {
        var logarithms = new float[counts.Length];
        for (var id = 0; id < counts.Length; id++) logarithms[id] = (float)Math.Log(counts[id] + 1.0); // one more: no piece is impossible
        var mean = TensorPrimitives.Average<float>(logarithms);
        using var noGrad = torch.no_grad();
        using var values = torch.tensor(logarithms);
        _bias.Value.copy_(values.PlusInPlace(-mean));
        _bias.Refresh();
    }

    /// <param name="hidden">[B * K, H] of <see cref="SwitchableEncoder.Apply"/></param>
    /// <param name="positions">[M] rows of <paramref name="hidden"/>, int64: nothing is computed for the others</param>
    /// <returns>[M, V], float32</returns>
    public torch.Tensor Logits(torch.Tensor hidden, torch.Tensor positions)
    {
        var x = Transform(hidden, positions);
        return torch.nn.functional.linear(x, _encoder.Embeddings.Words.In(x.dtype), _bias.In(x.dtype)).to(torch.float32);
    }

    /// <summary>The sum of the cross-entropies of the labels, times a factor.</summary>
    /// <param name="hidden">[B * K, H] of <see cref="SwitchableEncoder.Apply"/></param>
    /// <param name="positions">[M] rows of <paramref name="hidden"/>, int64</param>
    /// <param name="labels">[M], the pieces that stood there</param>
    /// <param name="scale">The factor.</param>
    /// <returns>A number, float32</returns>
    public torch.Tensor Loss(torch.Tensor hidden, torch.Tensor positions, int[] labels, double scale)
    {
        if (hidden.device_type != DeviceType.CPU || labels.Length == 0)
        {
            var targets = torch.tensor(labels, torch.int64, hidden.device);
            return torch.nn.functional.cross_entropy(Logits(hidden, positions), targets, reduction: torch.nn.Reduction.Sum).Times(scale);
        }
        var x = Transform(hidden, positions);
        return MaskedCrossEntropy.Apply(x, _encoder.Embeddings.Words.In(x.dtype), _bias.In(x.dtype), labels, scale);
    }

    private torch.Tensor Transform(torch.Tensor hidden, torch.Tensor positions)
    {
        var x = _encoder.Normalize(hidden.index_select(0, positions));
        return _norm.Apply(_transform.Apply(x, _activation));
    }
}
