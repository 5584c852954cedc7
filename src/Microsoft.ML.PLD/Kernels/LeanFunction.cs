using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>An autograd function whose memory is freed as early as that of libtorch's own functions.</summary>
/// <remarks>
/// TorchSharp's base alone holds what goes in and out of the way back until the caller's scope ends, and what was saved for it until the whole graph is gone:
/// the memory of a training step then grows by half, and is never used again while it is in the caches. A graph can be gone through once.
/// </remarks>
internal abstract class LeanFunction<T> : torch.autograd.SingleTensorFunction<T> where T : LeanFunction<T>, new()
{
    public override string Name => typeof(T).Name;

    /// <summary>Puts the function into the graph.</summary>
    protected static torch.Tensor Run(params object?[] inputs)
    {
        using var scope = torch.NewDisposeScope(); // of a tensor as large as the result, which TorchSharp makes and does not use
        return apply(inputs!).MoveToOuterDisposeScope();
    }

    /// <summary>The function's value.</summary>
    /// <param name="context">For <see cref="Save"/> and <c>save_data</c>.</param>
    /// <param name="inputs">Those of <see cref="Run"/>.</param>
    protected abstract torch.Tensor Forward(torch.autograd.AutogradContext context, object[] inputs);

    /// <summary>The gradients of the inputs, null for those that are no tensors.</summary>
    /// <param name="context">Has the data.</param>
    /// <param name="saved">The tensors of <see cref="Save"/>.</param>
    /// <param name="gradient">Of the value.</param>
    protected abstract List<torch.Tensor?> Backward(torch.autograd.AutogradContext context, List<torch.Tensor> saved, torch.Tensor gradient);

    /// <summary>Keeps tensors for the way back.</summary>
    protected static void Save(torch.autograd.AutogradContext context, params List<torch.Tensor> tensors) => context.save_for_backward(tensors);

    public sealed override torch.Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars) => Forward(ctx, vars);

    public sealed override List<torch.Tensor> backward(torch.autograd.AutogradContext ctx, torch.Tensor grad_output)
    {
        ReturnedGradients.Free();
        using var scope = torch.NewDisposeScope();
        using var gradient = grad_output;
        var saved = ctx.get_saved_variables();
        var gradients = Backward(ctx, saved, gradient);
        ctx.Dispose();
        foreach (var tensor in gradients) tensor?.MoveToOuterDisposeScope();
        ReturnedGradients.Set(gradients);
        return gradients!;
    }
}

/// <summary>What the last of our functions on this thread has returned from its way back: libtorch has references of its own as soon as the next one is called.</summary>
internal static class ReturnedGradients
{
    [ThreadStatic]
    private static List<torch.Tensor?>? _last;

    public static void Set(List<torch.Tensor?> gradients) => _last = gradients;

    public static void Free()
    {
        foreach (var tensor in _last ?? []) tensor?.Dispose();
        _last = null;
    }
}
