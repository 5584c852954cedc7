using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>One pass through a network, cut into pieces that the way back goes through one by one: to send the gradients of one while those of the next are computed, or to save memory.</summary>
/// <remarks>
/// The graph ends before each piece and begins again behind it. With <paramref name="recompute"/>, a piece keeps its input only, and is computed again on the way back: memory for the
/// inside of one of them instead of all (activation checkpointing: Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016, section 3).
/// </remarks>
/// <param name="recompute">Whether the inside of pieces is computed again instead of kept.</param>
internal sealed class GraphPieces(bool recompute)
{
    private readonly Stack<Piece> _pieces = new();

    /// <summary>Computes a block as the end of a piece.</summary>
    /// <param name="block">Its number.</param>
    /// <param name="part">Gives the same whenever it is called.</param>
    /// <param name="input">What it is called with.</param>
    /// <returns>What the next piece begins with.</returns>
    public torch.Tensor Apply(int block, Func<torch.Tensor, torch.Tensor> part, torch.Tensor input)
    {
        if (!recompute)
        {
            var end = part(input);
            var next = end.detach().requires_grad_();
            _pieces.Push(new(block, () => end, next));
            return next;
        }
        using var noGrad = torch.no_grad();
        var output = part(input).requires_grad_();
        _pieces.Push(new(block, () => part(input), output));
        return output;
    }

    /// <summary>Goes back from the loss to the beginning of the pass. Can be gone once.</summary>
    /// <param name="loss">The end of the pass.</param>
    /// <param name="gradientOf">
    /// Goes back through a piece of the graph: from a tensor, with its gradient (null: 1), to the weights and to the tensor that the piece begins with (null: it
    /// begins with weights only). Returns the gradient of the latter.
    /// </param>
    /// <param name="passed">Told after each piece of a block: the weights of all blocks with a higher number have their gradients. Null: nobody asks.</param>
    public void GoBack(torch.Tensor loss, Func<torch.Tensor, torch.Tensor?, torch.Tensor?, torch.Tensor?> gradientOf, Action<int>? passed = null)
    {
        var (from, gradient) = (loss, (torch.Tensor?)null);
        while (_pieces.TryPop(out var last))
        {
            var incoming = gradientOf(from, gradient, last.Next);
            Free();
            last.Next.Dispose();
            passed?.Invoke(last.Block);
            if (incoming is null) return; // the loss does not depend on what is before
            (from, gradient) = (last.End(), incoming);
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

    /// <param name="Block">That it ends with.</param>
    /// <param name="End">Its output, with the graph that leads to it.</param>
    /// <param name="Next">What the next piece begins with: the same values.</param>
    private readonly record struct Piece(int Block, Func<torch.Tensor> End, torch.Tensor Next);
}
