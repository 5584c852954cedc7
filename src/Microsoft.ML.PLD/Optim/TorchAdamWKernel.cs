using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>AdamW by libtorch's operations, for any device.</summary>
internal sealed class TorchAdamWKernel : IAdamWKernel
{
    public double Norm(IReadOnlyList<AdamWUpdate> updates)
    {
        if (updates.Count == 0) return 0;
        var norms = torch.stack([.. updates.Select(NormOf)]);
        return norms.norm().item<float>(); // device sync: the only one of the optimizer's; the step's loss was read just before
    }

    public void Apply(IReadOnlyList<AdamWUpdate> updates, AdamWOptions options, double gradientScale)
    {
        foreach (var (slot, gradients, rate, rootScale, keep) in updates)
        {
            using var scope = torch.NewDisposeScope();
            var gradient = Sum(gradients);
            slot.FirstMoment.TimesInPlace(options.Beta1).PlusInPlace(gradient, (1 - options.Beta1) * gradientScale);
            slot.SecondMoment.TimesInPlace(options.Beta2).PlusProductInPlace(gradient, gradient, (1 - options.Beta2) * gradientScale * gradientScale);
            var root = slot.SecondMoment.sqrt().TimesInPlace(rootScale).PlusInPlace(options.Epsilon);
            slot.Weights.TimesInPlace(keep).PlusQuotientInPlace(slot.FirstMoment, root, -rate);
            slot.Refresh();
        }
    }

    private static torch.Tensor NormOf(AdamWUpdate update)
    {
        using var scope = torch.NewDisposeScope();
        return Sum(update.Gradients).norm().MoveToOuterDisposeScope();
    }

    private static torch.Tensor Sum(torch.Tensor[] gradients) => gradients.Select(gradient => (gradient.is_sparse ? gradient.to_dense() : gradient).to(torch.float32)).Aggregate((sum, next) => sum.Plus(next));
}
