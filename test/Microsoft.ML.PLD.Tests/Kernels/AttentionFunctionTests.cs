using CsCheck;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass, TestCategory("Vectors")]
public sealed class AttentionFunctionTests
{
    [TestMethod]
    public void ItIsAttentionByLibtorchsOperations() =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int[1, 40], Gen.Int[1, 70], Gen.Int[1, 9], Gen.Double[0, 0.6], Gen.Bool)
            .Sample((rows, heads, queries, keys, size, rate, padded) =>
            {
                AssertSame(rows, heads, queries, keys, size, rate, padded, torch.float32, 2e-5);
                AssertSame(rows, heads, keys, keys, size, rate, padded, torch.float32, 2e-5); // side by side
            }, iter: 100);

    [TestMethod]
    public void InBFloat16ItIsAsNearAsBFloat16Is()
    {
        foreach (var queries in new[] { 33, 65 }) AssertSame(3, 2, queries, 65, 16, 0.1, padded: true, torch.bfloat16, 5e-2);
    }

    [TestMethod]
    public void FusedAttentionOfOtherDevicesIsTheSame() => // tried on the processor
        Gen.Select(Gen.Int[1, 4], Gen.Int[1, 3], Gen.Int[1, 20], Gen.Int[1, 30], Gen.Bool).Sample((rows, heads, queries, keys, padded) =>
        {
            using var scope = torch.NewDisposeScope();
            const int size = 5;
            torch.Tensor Draw(int count) => torch.randn(rows * count, heads * size);
            var (query, key, value) = (Draw(queries), Draw(keys), Draw(keys));
            bool[]? padding = padded ? [.. Enumerable.Range(0, rows * keys).Select(i => i % keys > 0 && i % 3 == 0)] : null;
            torch.Tensor Heads(torch.Tensor x, int count) => x.view(rows, count, heads, size).transpose(1, 2);
            var ignored = padding is null ? null : torch.tensor(padding).view(rows, 1, 1, keys);
            var fused = SelfAttention.Fused(Heads(query, queries), Heads(key, keys), Heads(value, keys), ignored, 0);
            Close.Check(AttentionFunction.Apply(Together([query, key, value], false), new AttentionShape(rows, heads, queries, keys, 1 / Math.Sqrt(size), padding), site: null), fused, 1e-5, "fused");
        }, iter: 50);

    [TestMethod]
    public void LargeScoresDoNotOverflow()
    {
        using var scope = torch.NewDisposeScope();
        var shape = new AttentionShape(1, 1, 2, 3, 1, null);
        var (query, key, value) = (torch.tensor(new float[] { 1_000, -1_000 }).view(2, 1), torch.tensor(new float[] { 1, 2, 3 }).view(3, 1), torch.tensor(new float[] { 10, 20, 30 }).view(3, 1));
        CollectionAssert.AreEqual(new float[] { 30, 10 }, AttentionFunction.Apply(Together([query, key, value], false), shape, site: null).data<float>().ToArray());
    }

    [TestMethod]
    public void WithoutGradientsNothingIsKept()
    {
        using var noGrad = torch.no_grad();
        using var outer = torch.NewDisposeScope();
        var x = torch.ones(6, 12);
        var before = outer.DisposablesCount;
        AttentionFunction.Apply([x], new AttentionShape(2, 2, 3, 3, 1, null), site: null);
        Assert.AreEqual(before + 1, outer.DisposablesCount);
    }

    private static void AssertSame(int rows, int heads, int queries, int keys, int size, double rate, bool padded, torch.ScalarType type, double tolerance)
    {
        using var scope = torch.NewDisposeScope();
        var width = heads * size;
        torch.Tensor Leaf(int count) => torch.randn([rows * count, width], torch.float32).to(type).requires_grad_();
        torch.Tensor[] ours = [Leaf(queries), Leaf(keys), Leaf(keys)];
        torch.Tensor[] theirs = [.. ours.Select(leaf => leaf.detach().to(torch.float32).requires_grad_())];
        var random = new Random(rows * 31 + keys);
        bool[]? padding = padded ? [.. Enumerable.Range(0, rows * keys).Select(i => i % keys > 0 && random.Next(3) == 0)] : null;
        var shape = new AttentionShape(rows, heads, queries, keys, 1 / Math.Sqrt(size), padding);
        var site = rate == 0 ? null : new DropoutSite(rate, Seed: 1, Step: 2, Place: 3, FirstRow: 4, rows);

        torch.Tensor Heads(torch.Tensor x, int count) => x.view(rows, count, heads, size).transpose(1, 2);
        var scores = Heads(theirs[0], queries).matmul(Heads(theirs[1], keys).transpose(-2, -1)) / Math.Sqrt(size);
        if (padding is not null) scores = scores.masked_fill(torch.tensor(padding).view(rows, 1, 1, keys), double.NegativeInfinity);
        var probabilities = scores.softmax(-1);
        if (site is not null) probabilities = probabilities * Kept(site, shape) * site.Scale;
        var expected = probabilities.matmul(Heads(theirs[2], keys)).transpose(1, 2).reshape(rows * queries, width);

        var actual = AttentionFunction.Apply(Together(ours, queries == keys), shape, site);
        Close.Check(expected, actual, tolerance, "value");
        var weights = torch.randn_like(expected);
        (expected * weights).sum().backward();
        (actual * weights.to(type)).sum().backward();
        for (var i = 0; i < 3; i++) Close.Check(theirs[i].grad!, ours[i].grad!, tolerance * 2, $"gradient {i}");
    }

    private static torch.Tensor[] Together(torch.Tensor[] parts, bool all) => all ? [torch.cat(parts, 1)] : [parts[0], torch.cat([parts[1], parts[2]], 1)];

    private static torch.Tensor Kept(DropoutSite site, AttentionShape shape) => torch.tensor((
        from row in Enumerable.Range(0, shape.Rows)
        let bits = site.Bits(row)
        from head in Enumerable.Range(0, shape.Heads)
        from query in Enumerable.Range(0, shape.Queries)
        from key in Enumerable.Range(0, shape.Keys)
        select (bits.Draw((uint)((query * shape.Heads + head) << AttentionShape.GroupBits | key / 32)) >> key % 32 & 1) == 1 ? 1f : 0).ToArray()).view(shape.Rows, shape.Heads, shape.Queries, shape.Keys);
}
