using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>
/// The parts of one pass through a network that keep their input only, and are computed again on the way back: memory for the inside of one of them instead of all
/// (activation checkpointing: Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016, section 3).
/// </summary>
/// <remarks>The graph ends before each part and begins again behind it; <see cref="GoBack"/> goes through it piece by piece.</remarks>
internal sealed class Recomputation
{
    private readonly Stack<(Func<torch.Tensor, torch.Tensor> Part, torch.Tensor Input, torch.Tensor Output)> _parts = new();

    /// <summary>Computes a part, and keeps nothing but what goes in and what comes out.</summary>
    /// <param name="part">Gives the same whenever it is called.</param>
    /// <param name="input">What it is called with.</param>
    public torch.Tensor Apply(Func<torch.Tensor, torch.Tensor> part, torch.Tensor input)
    {
        using var noGrad = torch.no_grad();
        var output = part(input).requires_grad_();
        _parts.Push((part, input, output));
        return output;
    }

    /// <summary>Goes back from the loss to the beginning of the pass. Can be gone once.</summary>
    /// <param name="loss">The end of the pass.</param>
    /// <param name="gradientOf">
    /// Goes back through a piece of the graph: from a tensor, with its gradient (null: 1), to the weights and to the tensor that the piece begins with (null: it
    /// begins with weights only). Returns the gradient of the latter.
    /// </param>
    public void GoBack(torch.Tensor loss, Func<torch.Tensor, torch.Tensor?, torch.Tensor?, torch.Tensor?> gradientOf)
    {
        var (from, gradient) = (loss, (torch.Tensor?)null);
        while (_parts.TryPop(out var last))
        {
            var incoming = gradientOf(from, gradient, last.Output);
            Free();
            last.Output.Dispose();
            if (incoming is null) return; // the loss does not depend on what is before
            (from, gradient) = (last.Part(last.Input), incoming);
        }
        gradientOf(from, gradient, null);
        Free();

        void Free()
        {
            if (gradient is null) return; // the loss is the caller's
            from.Dispose();
            gradient.Dispose();
        }
    }
}
