using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>One parameter, or a part of it, and what AdamW remembers of it.</summary>
internal sealed class AdamWSlot : IDisposable
{
    private readonly torch.Tensor? _part;

    /// <param name="weight">The parameter.</param>
    /// <param name="weightDecay">Of matrices.</param>
    /// <param name="rateFactor">What the learning rate is multiplied by.</param>
    /// <param name="part">The numbers that are updated here, as they lie one after the other; null: all.</param>
    public AdamWSlot(Weight weight, double weightDecay, double rateFactor, (long First, long Count)? part = null)
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
        using var scope = torch.NewDisposeScope();
        if (part is { } some) _part = weights.detach().view(-1).narrow(0, some.First, some.Count).DetachFromDisposeScope();
        FirstMoment = torch.zeros_like(Weights).DetachFromDisposeScope();
        SecondMoment = torch.zeros_like(Weights).DetachFromDisposeScope();
    }

    public Weight Weight { get; }
    public string Name => Weight.Name;

    /// <summary>The master, or its part, which has one dimension.</summary>
    public torch.Tensor Weights => _part ?? Weight.Value;

    /// <summary>The copy that follows; null: there is none, or it follows when the other parts are there.</summary>
    public torch.Tensor? Copy => _part is null ? Weight.Copy : null;

    public torch.Tensor FirstMoment { get; }
    public torch.Tensor SecondMoment { get; }

    /// <summary>Times that this parameter was updated: fewer than the run's steps when its block was dropped now and then.</summary>
    public long Steps { get; set; }

    public double RateFactor { get; }
    public double WeightDecay { get; }

    // Biases and LayerNorm's gains and offsets are BERT's only vectors; matrices and embeddings have two dimensions.
    private static bool IsBiasOrNorm(torch.Tensor weights) => weights.dim() <= 1;

    /// <summary>Brings <see cref="Copy"/> up to date.</summary>
    public void Refresh()
    {
        if (_part is null) Weight.Refresh();
    }

    public void Dispose()
    {
        _part?.Dispose();
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }
}
