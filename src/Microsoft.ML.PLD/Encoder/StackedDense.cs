using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Several projections of one input as one matrix product: for scoring, with a copy of weights that change no more.</summary>
internal sealed class StackedDense : IDisposable
{
    private readonly torch.Tensor _weight, _bias;
    private readonly int _parts;

    /// <param name="parts">Projections of the same number of outputs.</param>
    /// <param name="type">The activation's.</param>
    public StackedDense(Dense[] parts, torch.ScalarType type)
    {
        using var noGrad = torch.no_grad();
        _parts = parts.Length;
        _weight = torch.cat([.. parts.Select(part => part.WeightIn(type))]).DetachFromDisposeScope();
        _bias = torch.cat([.. parts.Select(part => part.BiasIn(type))]).DetachFromDisposeScope();
    }

    public torch.ScalarType Type => _weight.dtype;

    /// <param name="x">[rows, inputs]</param>
    /// <returns>[rows, outputs] of each part; views</returns>
    public torch.Tensor[] Apply(torch.Tensor x) => torch.nn.functional.linear(x, _weight, _bias).chunk(_parts, dim: 1);

    public void Dispose()
    {
        _weight.Dispose();
        _bias.Dispose();
    }
}
