using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>An autograd function whose memory is freed as early as that of libtorch's own functions.</summary>
/// <remarks>
/// TorchSharp's base alone holds what goes in and out of the way back until the caller's scope ends, and what was saved for it until the whole graph is gone:
/// the memory of a training step then grows by half, and is never used again while it is in the caches. A graph can be gone through once.
/// The way back is called by native code, through which no exception can pass: who starts it does so by <see cref="WayBack.Run"/>.
/// </remarks>
internal abstract class LeanFunction<T> : torch.autograd.SingleTensorFunction<T> where T : LeanFunction<T>, new()
{
    private const string Inputs = "inputs";

    public override string Name => typeof(T).Name;

    /// <summary>Puts the function into the graph.</summary>
    protected static torch.Tensor Run(params object?[] inputs)
    {
        using var scope = torch.NewDisposeScope(); // of a tensor as large as the result, from which TorchSharp would make zeros where there is no gradient
        return apply(inputs!).MoveToOuterDisposeScope();
    }

    /// <summary>The function's value.</summary>
    /// <param name="context">For <see cref="Save"/> and <c>save_data</c>.</param>
    /// <param name="inputs">Those of <see cref="Run"/>.</param>
    protected abstract torch.Tensor Forward(torch.autograd.AutogradContext context, object[] inputs);

    /// <summary>The gradients of the inputs, null for those that are no tensors.</summary>
    /// <param name="context">Has the data.</param>
    /// <param name="saved">The tensors of <see cref="Save"/>.</param>
    /// <param name="gradient">Of the value. It is freed afterwards: what is returned must be another tensor, if only an alias.</param>
    protected abstract List<torch.Tensor?> Backward(torch.autograd.AutogradContext context, List<torch.Tensor> saved, torch.Tensor gradient);

    /// <summary>Keeps tensors for the way back.</summary>
    protected static void Save(torch.autograd.AutogradContext context, params List<torch.Tensor> tensors) => context.save_for_backward(tensors);

    public sealed override torch.Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.set_materialize_grads(false);
        ctx.save_data(Inputs, vars.Length);
        return Forward(ctx, vars);
    }

    public sealed override List<torch.Tensor> backward(torch.autograd.AutogradContext ctx, torch.Tensor grad_output)
    {
        var none = new List<torch.Tensor>(new torch.Tensor[(int)ctx.get_data(Inputs)]);
        if (WayBack.HasFailed || grad_output is null || grad_output.IsInvalid) return none;
        try
        {
            WayBack.FreeReturned();
            using var scope = torch.NewDisposeScope();
            using var gradient = grad_output;
            var gradients = Backward(ctx, Take(ctx), gradient);
            ctx.Dispose();
            foreach (var tensor in gradients) tensor?.MoveToOuterDisposeScope();
            WayBack.HasReturned(gradients);
            return gradients!;
        }
        catch (Exception exception)
        {
            WayBack.Fail(exception);
            return none;
        }
    }

    private List<torch.Tensor> Take(torch.autograd.AutogradContext context)
    {
        try
        {
            return context.get_saved_variables();
        }
        catch (ArgumentNullException) // TorchSharp's, when the context has been disposed
        {
            throw new InvalidOperationException($"The graph with {Name} has been gone through already, and what it had saved is freed.");
        }
    }
}
