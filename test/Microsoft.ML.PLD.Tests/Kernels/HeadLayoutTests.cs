using CsCheck;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class HeadLayoutTests
{
    [TestMethod]
    public void ItIsLibtorchsTransposition() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[1, 5], Gen.Int[1, 9], Gen.Int[1, 3], Gen.Int[1, 70], Gen.Bool).Sample((rows, heads, length, parts, size, narrow) =>
        {
            using var scope = torch.NewDisposeScope();
            var x = torch.randn([rows * length, parts * heads * size], narrow ? torch.bfloat16 : torch.float32);
            var layout = new HeadLayout(rows, heads, length);
            var split = layout.Split(x, parts);
            Assert.HasCount(parts, split);
            for (var part = 0; part < parts; part++)
            {
                var expected = x.narrow(1, part * heads * size, heads * size).reshape(rows, length, heads, size).transpose(1, 2).reshape(rows * heads, length, size);
                Assert.IsTrue(expected.Equals(split[part]), $"part {part}");
            }
            Assert.IsTrue(x.Equals(layout.Join(split)));
        }, iter: 100);

    [TestMethod]
    public void AnotherShapeIsRefused()
    {
        using var scope = torch.NewDisposeScope();
        var layout = new HeadLayout(2, 2, 3);
        foreach (var shape in new long[][] { [5, 8], [6, 7], [2, 3, 8] })
            Assert.ThrowsExactly<ArgumentException>(() => layout.Split(torch.zeros(shape), 1));
        Assert.ThrowsExactly<ArgumentException>(() => layout.Join(torch.zeros(4, 3, 4), torch.zeros(4, 3, 5)));
        Assert.ThrowsExactly<ArgumentException>(() => layout.Join(torch.zeros(4, 2, 4)));
        Assert.ThrowsExactly<ArgumentException>(() => layout.Join(torch.zeros(4, 3, 4), torch.zeros([4, 3, 4], torch.bfloat16)));
    }

    [TestMethod]
    public void WhatIsNotContiguousIsSplitAsWell()
    {
        using var scope = torch.NewDisposeScope();
        var x = torch.randn(6, 8);
        var layout = new HeadLayout(2, 2, 3);
        Assert.IsTrue(layout.Split(x, 1)[0].Equals(layout.Split(x.t().contiguous().t(), 1)[0]));
    }
}
