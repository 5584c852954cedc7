using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>The arithmetic of one AdamW step, on one kind of device.</summary>
internal interface IAdamWKernel
{
    /// <summary>The Euclidean norm of all gradients together.</summary>
    double Norm(IReadOnlyList<AdamWUpdate> updates);

    /// <summary>Moves moments, weights and their copies, with each gradient multiplied by <paramref name="gradientScale"/>.</summary>
    void Apply(IReadOnlyList<AdamWUpdate> updates, AdamWOptions options, double gradientScale);
}

/// <summary>What one step does to one parameter. Weights, moments and gradients have one shape and are contiguous.</summary>
/// <param name="Slot">The parameter and its moments.</param>
/// <param name="Gradients">Add up to its gradient, before clipping; float32 or bfloat16, or some rows, sparse and float32.</param>
/// <param name="Rate">The learning rate over the first moment's bias correction.</param>
/// <param name="RootScale">One over the root of the second moment's bias correction.</param>
/// <param name="Keep">What weight decay leaves of each weight: 1 - learning rate * decay.</param>
internal readonly record struct AdamWUpdate(AdamWSlot Slot, torch.Tensor[] Gradients, double Rate, double RootScale, double Keep);
