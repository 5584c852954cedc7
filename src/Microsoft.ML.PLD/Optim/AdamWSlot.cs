using TorchSharp;
using TorchSharp.Modules;

namespace Microsoft.ML.PLD;

/// <summary>One parameter and what AdamW remembers of it.</summary>
internal sealed class AdamWSlot : IDisposable
{
    public AdamWSlot(Weight weight, double weightDecay, double rateFactor)
    {
        var (name, weights) = weight;
        if (weights.dtype != torch.ScalarType.Float32)
            throw new ArgumentException($"Parameter '{name}' is {weights.dtype}; AdamW expects float32 masters.", nameof(weights));
        if (!weights.is_contiguous()) throw new ArgumentException($"Parameter '{name}' is not contiguous in memory.", nameof(weights));
        if (rateFactor is not (>= 0 and < double.PositiveInfinity))
            throw new ArgumentException($"The learning-rate factor of '{name}' is {rateFactor}; expected a number of at least 0.", nameof(rateFactor));

        (Weight, RateFactor) = (weight, rateFactor);
        WeightDecay = IsBiasOrNorm(weights) ? 0 : weightDecay;
        using var noGrad = torch.no_grad();
        FirstMoment = torch.zeros_like(weights).DetachFromDisposeScope();
        SecondMoment = torch.zeros_like(weights).DetachFromDisposeScope();
    }

    public Weight Weight { get; }
    public string Name => Weight.Name;
    public Parameter Weights => Weight.Value;
    public torch.Tensor FirstMoment { get; }
    public torch.Tensor SecondMoment { get; }

    /// <summary>Times that this parameter was updated: fewer than the run's steps when its block was dropped now and then.</summary>
    public long Steps { get; set; }

    public double RateFactor { get; }
    public double WeightDecay { get; }

    // Biases and LayerNorm's gains and offsets are BERT's only vectors; matrices and embeddings have two dimensions.
    private static bool IsBiasOrNorm(torch.Tensor weights) => weights.dim() <= 1;

    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }
}
