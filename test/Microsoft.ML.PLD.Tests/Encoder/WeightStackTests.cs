using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class WeightStackTests
{
    [TestMethod]
    public void WhatChangesInAPartChangesInTheStack()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new ParameterStore(torch.CPU, seed: 1);
        Weight[] parts = [weights.Constant("a", 1, 2, 3), weights.Constant("b", 2, 1, 3)];
        using var stack = new WeightStack(parts);
        foreach (var type in new[] { torch.float32, torch.bfloat16 })
        {
            CollectionAssert.AreEqual(new float[] { 1, 1, 1, 1, 1, 1, 2, 2, 2 }, Numbers(stack.In(type)), $"{type}");
            Assert.AreSame(stack.In(type), stack.In(type)); // made once
        }
        using (torch.no_grad()) parts[1].Value.fill_(4);
        CollectionAssert.AreEqual(new float[] { 1, 1, 1, 1, 1, 1, 4, 4, 4 }, Numbers(stack.In(torch.float32)));
        CollectionAssert.AreEqual(new float[] { 1, 1, 1, 1, 1, 1, 2, 2, 2 }, Numbers(stack.In(torch.bfloat16)));
        weights.Refresh();
        CollectionAssert.AreEqual(new float[] { 1, 1, 1, 1, 1, 1, 4, 4, 4 }, Numbers(stack.In(torch.bfloat16)));
    }

    [TestMethod]
    public void PartsAreLeavesOfTheirOwn()
    {
        using var weights = new ParameterStore(torch.CPU, seed: 1);
        Weight[] parts = [weights.Constant("a", 1, 2, 3), weights.Constant("b", 2, 1, 3)];
        using var stack = new WeightStack(parts);
        _ = stack.In(torch.bfloat16);
        foreach (var part in parts)
            foreach (var leaf in new[] { part.Value, part.Copy! })
                Assert.IsTrue(leaf.is_leaf && leaf.requires_grad && leaf.is_contiguous(), part.Name);
        Assert.IsFalse(stack.In(torch.bfloat16).requires_grad);
    }

    [TestMethod]
    public void ACopyOfAPartIsMadeWithTheStack()
    {
        using var weights = new ParameterStore(torch.CPU, seed: 1);
        Weight[] parts = [weights.Constant("a", 1, 2), weights.Constant("b", 2, 2)];
        using var stack = new WeightStack(parts);
        using (torch.no_grad()) parts[1].In(torch.bfloat16).fill_(8);
        CollectionAssert.AreEqual(new float[] { 1, 1, 8, 8 }, Numbers(stack.In(torch.bfloat16)));
    }

    [TestMethod]
    public void ACopyInASecondTypeIsRefusedByName()
    {
        using var weights = new ParameterStore(torch.CPU, seed: 1);
        using var stack = new WeightStack([weights.Constant("a", 1, 2), weights.Constant("b", 2, 2)]);
        _ = stack.In(torch.bfloat16);
        var failure = Assert.ThrowsExactly<NotSupportedException>(() => stack.In(torch.float16));
        StringAssert.Contains(failure.Message, "'a'");
        StringAssert.Contains(failure.Message, "copy in BFloat16");
        StringAssert.Contains(failure.Message, "used in Float16");
    }

    private static float[] Numbers(torch.Tensor x)
    {
        using var floats = x.to(torch.float32);
        return floats.data<float>().ToArray();
    }
}
