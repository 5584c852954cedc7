using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Ranks that can add up tensors where they lie, in the memory of their devices.</summary>
internal interface IDeviceCollective : ICollective
{
    /// <summary>Whether a tensor lies where these ranks add up.</summary>
    bool Takes(torch.Tensor values);

    /// <summary>As <see cref="ICollective.Sum{T}"/>.</summary>
    /// <param name="values">Contiguous, float32.</param>
    void Sum(torch.Tensor values);

    /// <summary>As <see cref="ICollective.SumScatter"/>.</summary>
    /// <param name="values">Contiguous, float32.</param>
    /// <param name="counts">How many numbers each rank gets.</param>
    void SumScatter(torch.Tensor values, ReadOnlySpan<int> counts);

    /// <summary>As <see cref="ICollective.Gather"/>.</summary>
    /// <param name="values">Contiguous, float32.</param>
    /// <param name="counts">How many numbers each rank has.</param>
    void Gather(torch.Tensor values, ReadOnlySpan<int> counts);

    /// <summary>As <see cref="ICollective.Broadcast"/>.</summary>
    /// <param name="values">Contiguous, float32.</param>
    void Broadcast(torch.Tensor values);
}
