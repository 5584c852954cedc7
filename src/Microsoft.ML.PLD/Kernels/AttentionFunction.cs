using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>softmax(Q K^T / sqrt(D)) V with dropout on the probabilities, on the processor: libtorch's matrix products, and between them one pass of our own.</summary>
/// <remarks>Its parts by libtorch's operations would go over the [S, S] scores five times forward and as often back.</remarks>
internal sealed class AttentionFunction : LeanFunction<AttentionFunction>
{
    private const int First = 2; // the projections' place among the inputs

    /// <param name="projected">Queries, keys and values side by side, [B * S, 3 H]; or two tensors: queries [B * queries, H], and keys and values [B * S, 2 H].</param>
    /// <param name="shape">B, A, queries, S.</param>
    /// <param name="site">Null: no dropout.</param>
    /// <returns>[B * queries, H]</returns>
    public static torch.Tensor Apply(torch.Tensor[] projected, AttentionShape shape, DropoutSite? site)
    {
        if (torch.is_grad_enabled()) return Run([shape, site, .. projected]);
        using var scope = torch.NewDisposeScope();
        return Forward(projected, shape, site, context: null).MoveToOuterDisposeScope();
    }

    protected override torch.Tensor Forward(torch.autograd.AutogradContext context, object[] inputs) =>
        Forward([.. inputs[First..].Cast<torch.Tensor>()], (AttentionShape)inputs[0], (DropoutSite?)inputs[1], context);

    private static torch.Tensor Forward(torch.Tensor[] projected, AttentionShape shape, DropoutSite? site, torch.autograd.AutogradContext? context)
    {
        var parts = Parts(projected, shape);
        var (query, key, value) = (parts[0], parts[1], parts[2]);
        var probabilities = query.bmm(key.transpose(1, 2));
        var dropped = site is null ? null : torch.empty_like(probabilities);
        var bits = site is null ? null : torch.empty([shape.Rows * shape.Heads, shape.Queries, shape.Groups], torch.int32);
        AttentionKernel.Softmax(probabilities, dropped, bits, shape, site);
        if (context is not null)
        {
            Save(context, bits is null ? [query, key, value, probabilities] : [query, key, value, probabilities, bits]);
            context.save_data("shape", shape);
            context.save_data("scale", site?.Scale ?? 1);
            context.save_data("tensors", projected.Length);
        }
        return shape.QueryLayout.Join((dropped ?? probabilities).bmm(value));
    }

    protected override List<torch.Tensor?> Backward(torch.autograd.AutogradContext context, List<torch.Tensor> saved, torch.Tensor gradient)
    {
        var shape = (AttentionShape)context.get_data("shape");
        var (query, key, value, probabilities) = (saved[0], saved[1], saved[2], saved[3]);
        var incoming = shape.QueryLayout.Split(gradient, 1)[0];
        var scores = incoming.bmm(value.transpose(1, 2));
        var bits = saved.Count > 4 ? saved[4] : null;
        var dropped = bits is null ? probabilities : torch.empty_like(probabilities);
        AttentionKernel.SoftmaxBackward(probabilities, dropped, scores, bits, shape, (double)context.get_data("scale"));
        var (ofQuery, ofKey, ofValue) = (scores.bmm(key), scores.transpose(1, 2).bmm(query), dropped.transpose(1, 2).bmm(incoming));
        var (queries, keys) = (shape.QueryLayout, shape.KeyLayout);
        return (int)context.get_data("tensors") == 1
            ? [null, null, keys.Join(ofQuery, ofKey, ofValue)]
            : [null, null, queries.Join(ofQuery), keys.Join(ofKey, ofValue)];
    }

    private static torch.Tensor[] Parts(torch.Tensor[] projected, AttentionShape shape)
    {
        var (queries, keys) = (shape.QueryLayout, shape.KeyLayout);
        return projected.Length switch
        {
            1 => keys.Split(projected[0], 3),
            2 => [.. queries.Split(projected[0], 1), .. keys.Split(projected[1], 2)],
            _ => throw new ArgumentException($"{projected.Length} tensors; expected 1 or 2.", nameof(projected)),
        };
    }
}
