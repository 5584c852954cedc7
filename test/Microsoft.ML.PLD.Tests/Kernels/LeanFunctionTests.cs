using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class LeanFunctionTests
{
    [TestMethod]
    public void WhatFailsOnTheWayBackFailsForWhoGoesItAndTheNextTimeIsFine()
    {
        using var scope = torch.NewDisposeScope();
        var x = torch.ones(3).requires_grad_();
        torch.Tensor[] Back(bool fails) => [.. WayBack.Run(() => torch.autograd.grad([Twice.Apply(Twice.Apply(x, false), fails).sum()], [x], allow_unused: true))];
        for (var round = 0; round < 2; round++)
        {
            Assert.AreEqual("on the way", Assert.ThrowsExactly<FormatException>(() => Back(fails: true)).Message);
            Assert.IsTrue(Back(fails: false)[0].Equals(torch.full(3, 4f)));
        }
    }

    [TestMethod]
    public void AGraphIsGoneThroughOnce()
    {
        using var scope = torch.NewDisposeScope();
        var x = torch.ones(3).requires_grad_();
        var y = Twice.Apply(x, fails: false).sum();
        WayBack.Run(() => torch.autograd.grad([y], [x], retain_graph: true));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => WayBack.Run(() => torch.autograd.grad([y], [x], allow_unused: true))).Message, nameof(Twice));
    }

    [TestMethod]
    public void WhatWasSavedIsFreedOnTheWay()
    {
        using var scope = torch.NewDisposeScope();
        var x = torch.ones(3).requires_grad_();
        var y = x;
        for (var i = 0; i < 10; i++)
        {
            using var own = torch.NewDisposeScope();
            y = Twice.Apply(y, fails: false).MoveToOuterDisposeScope();
        }
        var before = scope.DisposablesCount;
        WayBack.Run(() => torch.autograd.grad([y.sum()], [x]));
        Assert.IsLessThanOrEqualTo(before + 4, scope.DisposablesCount); // the sum, the gradient, and what the last function has returned
    }

    private sealed class Twice : LeanFunction<Twice>
    {
        public static torch.Tensor Apply(torch.Tensor x, bool fails) => Run(x, fails);

        protected override torch.Tensor Forward(torch.autograd.AutogradContext context, object[] inputs)
        {
            Save(context, (torch.Tensor)inputs[0]);
            context.save_data("fails", inputs[1]);
            return (torch.Tensor)inputs[0] * 2;
        }

        protected override List<torch.Tensor?> Backward(torch.autograd.AutogradContext context, List<torch.Tensor> saved, torch.Tensor gradient)
        {
            if ((bool)context.get_data("fails")) throw new FormatException("on the way");
            return [gradient * 2, null];
        }
    }
}
