using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>softmax(Q K^T / sqrt(D)) V with dropout on the probabilities, on the processor: libtorch's matrix products, and between them one pass of our own.</summary>
/// <remarks>Its parts by libtorch's operations would go over the [S, S] scores five times forward and as often back.</remarks>
internal sealed class AttentionFunction : LeanFunction<AttentionFunction>
{
    /// <param name="query">[B * queries, H]</param>
    /// <param name="key">[B * S, H]</param>
    /// <param name="value">[B * S, H]</param>
    /// <param name="shape">B, A, queries, S.</param>
    /// <param name="site">Null: no dropout.</param>
    /// <returns>[B * queries, H]</returns>
    public static torch.Tensor Apply(torch.Tensor query, torch.Tensor key, torch.Tensor value, AttentionShape shape, DropoutSite? site)
    {
        if (torch.is_grad_enabled()) return Run(query, key, value, shape, site);
        using var scope = torch.NewDisposeScope();
        return Forward(query, key, value, shape, site, context: null).MoveToOuterDisposeScope();
    }

    protected override torch.Tensor Forward(torch.autograd.AutogradContext context, object[] inputs) =>
        Forward((torch.Tensor)inputs[0], (torch.Tensor)inputs[1], (torch.Tensor)inputs[2], (AttentionShape)inputs[3], (DropoutSite?)inputs[4], context);

    private static torch.Tensor Forward(
        torch.Tensor queries, torch.Tensor keys, torch.Tensor values, AttentionShape shape, DropoutSite? site, torch.autograd.AutogradContext? context)
    {
        torch.Tensor query = Split(queries, shape, shape.Queries), key = Split(keys, shape, shape.Keys), value = Split(values, shape, shape.Keys);
        var probabilities = query.bmm(key.transpose(1, 2));
        var dropped = site is null ? null : torch.empty_like(probabilities);
        var bits = site is null ? null : torch.empty([shape.Rows * shape.Heads, shape.Queries, shape.Groups], torch.int32);
        AttentionKernel.Softmax(probabilities, dropped, bits, shape, site);
        if (context is not null)
        {
            Save(context, bits is null ? [query, key, value, probabilities] : [query, key, value, probabilities, bits]);
            context.save_data("shape", shape);
            context.save_data("scale", site?.Scale ?? 1);
        }
        return Join((dropped ?? probabilities).bmm(value), shape, shape.Queries);
    }

    protected override List<torch.Tensor?> Backward(torch.autograd.AutogradContext context, List<torch.Tensor> saved, torch.Tensor gradient)
    {
        var shape = (AttentionShape)context.get_data("shape");
        var (query, key, value, probabilities) = (saved[0], saved[1], saved[2], saved[3]);
        var incoming = Split(gradient, shape, shape.Queries);
        var scores = incoming.bmm(value.transpose(1, 2));
        var bits = saved.Count > 4 ? saved[4] : null;
        var dropped = bits is null ? probabilities : torch.empty_like(probabilities);
        AttentionKernel.SoftmaxBackward(probabilities, dropped, scores, bits, shape, (double)context.get_data("scale"));
        return
        [
            Join(scores.bmm(key), shape, shape.Queries), Join(scores.transpose(1, 2).bmm(query), shape, shape.Keys),
            Join(dropped.transpose(1, 2).bmm(incoming), shape, shape.Keys), null, null,
        ];
    }

    // [B * length, H] to [B * A, length, D]
    private static torch.Tensor Split(torch.Tensor x, AttentionShape shape, int length) =>
        x.view(shape.Rows, length, shape.Heads, -1).transpose(1, 2).reshape(shape.Rows * shape.Heads, length, -1);

    // [B * A, length, D] to [B * length, H]
    private static torch.Tensor Join(torch.Tensor x, AttentionShape shape, int length) =>
        x.view(shape.Rows, shape.Heads, length, -1).transpose(1, 2).reshape(shape.Rows * length, -1);
}
