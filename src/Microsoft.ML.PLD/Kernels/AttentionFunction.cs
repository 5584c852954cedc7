using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>softmax(Q K^T / sqrt(D)) V with dropout on the probabilities, on the processor: libtorch's matrix products, and between them one pass of our own.</summary>
/// <remarks>Its parts by libtorch's operations would go over the [S, S] scores five times forward and as often back.</remarks>
internal sealed class AttentionFunction : torch.autograd.SingleTensorFunction<AttentionFunction>
{
    public override string Name => nameof(AttentionFunction);

    /// <param name="query">[B * queries, H]</param>
    /// <param name="key">[B * S, H]</param>
    /// <param name="value">[B * S, H]</param>
    /// <param name="shape">B, A, queries, S.</param>
    /// <param name="site">Null: no dropout.</param>
    /// <returns>[B * queries, H]</returns>
    public static torch.Tensor Apply(torch.Tensor query, torch.Tensor key, torch.Tensor value, AttentionShape shape, DropoutSite? site) =>
        torch.is_grad_enabled() ? apply(query, key, value, shape, site!) : Forward(query, key, value, shape, site, ctx: null);

    public override torch.Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars) =>
        Forward((torch.Tensor)vars[0], (torch.Tensor)vars[1], (torch.Tensor)vars[2], (AttentionShape)vars[3], (DropoutSite?)vars[4], ctx);

    private static torch.Tensor Forward(
        torch.Tensor queries, torch.Tensor keys, torch.Tensor values, AttentionShape shape, DropoutSite? site, torch.autograd.AutogradContext? ctx)
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor query = Split(queries, shape, shape.Queries), key = Split(keys, shape, shape.Keys), value = Split(values, shape, shape.Keys);
        var probabilities = query.bmm(key.transpose(1, 2));
        var dropped = site is null ? null : torch.empty_like(probabilities);
        var bits = site is null ? null : torch.empty([shape.Rows * shape.Heads, shape.Queries, shape.Groups], torch.int32);
        AttentionKernel.Softmax(probabilities, dropped, bits, shape, site);
        var context = Join((dropped ?? probabilities).bmm(value), shape, shape.Queries);

        if (ctx is null) return context.MoveToOuterDisposeScope();
        List<torch.Tensor> saved = [query, key, value, probabilities];
        if (bits is not null) saved.Add(bits);
        foreach (var tensor in saved) tensor.MoveToOuterDisposeScope();
        ctx.save_for_backward(saved);
        ctx.save_data("shape", shape);
        ctx.save_data("scale", site?.Scale ?? 1);
        return context.MoveToOuterDisposeScope();
    }

    public override List<torch.Tensor> backward(torch.autograd.AutogradContext ctx, torch.Tensor grad_output)
    {
        using var scope = torch.NewDisposeScope();
        var shape = (AttentionShape)ctx.get_data("shape");
        var saved = ctx.get_saved_variables();
        var (query, key, value, probabilities) = (saved[0], saved[1], saved[2], saved[3]);
        var gradient = Split(grad_output, shape, shape.Queries);
        var scores = gradient.bmm(value.transpose(1, 2));
        var bits = saved.Count > 4 ? saved[4] : null;
        var dropped = bits is null ? probabilities : torch.empty_like(probabilities);
        AttentionKernel.SoftmaxBackward(probabilities, dropped, scores, bits, shape, (double)ctx.get_data("scale"));
        torch.Tensor[] gradients =
        [
            Join(scores.bmm(key), shape, shape.Queries), Join(scores.transpose(1, 2).bmm(query), shape, shape.Keys),
            Join(dropped.transpose(1, 2).bmm(gradient), shape, shape.Keys),
        ];
        foreach (var tensor in gradients) tensor.MoveToOuterDisposeScope();
        return [.. gradients, null!, null!];
    }

    // [B * length, H] to [B * A, length, D]
    private static torch.Tensor Split(torch.Tensor x, AttentionShape shape, int length) =>
        x.view(shape.Rows, length, shape.Heads, -1).transpose(1, 2).reshape(shape.Rows * shape.Heads, length, -1);

    // [B * A, length, D] to [B * length, H]
    private static torch.Tensor Join(torch.Tensor x, AttentionShape shape, int length) =>
        x.view(shape.Rows, shape.Heads, length, -1).transpose(1, 2).reshape(shape.Rows * length, -1);
}
