using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class PoolerTests
{
    // 2 rows of 3 tokens, hidden size 12, the first row with one token of padding that must not count: value = 100 row + 10 token - column.
    private static readonly float[] Hidden = [.. from row in Rows(2) from token in Rows(3) from column in Rows(12) select (row, token) == (0, 2) ? 1e6f : 100f * row + 10 * token - column];

    [TestMethod]
    [DataRow(Pooling.Cls, 0f, 100f)]
    [DataRow(Pooling.Mean, 5f, 110f)]
    [DataRow(Pooling.Max, 10f, 120f)]
    public void PaddingDoesNotCount(Pooling pooling, float first, float second)
    {
        float[] expected = [.. Rows(12).Select(column => first - column), .. Rows(12).Select(column => second - column)];
        CollectionAssert.AreEqual(expected, Pool(Hidden, [2, 3], 2, 3, pooling));
    }

    [TestMethod]
    [DataRow(Pooling.Cls, 100f)]
    [DataRow(Pooling.Mean, 110f)]
    [DataRow(Pooling.Max, 120f)]
    public void WithoutPaddingAllTokensCount(Pooling pooling, float expected) =>
        CollectionAssert.AreEqual(Rows(12).Select(column => expected - column).ToArray(), Pool(Hidden[36..], null, 1, 3, pooling));

    [TestMethod]
    public void OneTokenIsItsOwnPool()
    {
        float[] token = [.. Rows(12).Select(column => -1f - column)]; // negative: the maximum must not be that of padding's zeros
        foreach (var pooling in Enum.GetValues<Pooling>())
            CollectionAssert.AreEqual(token, Pool([.. token, .. new float[24]], [1], 1, 3, pooling), $"{pooling}");
    }

    [TestMethod]
    public void MeanCountsInFloat32()
    {
        using var scope = torch.NewDisposeScope();
        using var network = new TestNetwork(NormPlacement.Post);
        var batch = new TokenBatch(new int[301], null, [300], 1, 301, torch.CPU);
        var pooled = Pooler.Apply(network.Encoder, torch.ones(301, 12, dtype: torch.bfloat16), batch, Pooling.Mean);
        Assert.AreEqual(torch.bfloat16, pooled.dtype);
        CollectionAssert.AreEqual(Enumerable.Repeat(1f, 12).ToArray(), pooled.to(torch.float32).data<float>().ToArray());
    }

    [TestMethod]
    public void APreNormEncoderNormalizesFirst()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var network = new TestNetwork();
        var hidden = torch.tensor(Hidden).view(6, 12);
        var batch = new TokenBatch(new int[6], null, [2, 3], 2, 3, torch.CPU);
        var normal = network.Encoder.Normalize(hidden).view(2, 3, 12);
        foreach (var (pooling, expected) in new[] { (Pooling.Cls, normal[1][0]), (Pooling.Mean, normal[1].mean([0L])), (Pooling.Max, normal[1].amax(0)) })
            Assert.IsTrue(torch.allclose(expected, Pooler.Apply(network.Encoder, hidden, batch, pooling)[1], 1e-5, 1e-5), $"{pooling}");
    }

    private static float[] Pool(float[] hidden, int[]? lengths, int rows, int length, Pooling pooling)
    {
        using var scope = torch.NewDisposeScope();
        using var network = new TestNetwork(NormPlacement.Post); // does not normalize after its last block
        var batch = new TokenBatch(new int[rows * length], null, lengths, rows, length, torch.CPU);
        var pooled = Pooler.Apply(network.Encoder, torch.tensor(hidden).view(-1, 12), batch, pooling);
        CollectionAssert.AreEqual(new long[] { rows, 12 }, pooled.shape);
        return pooled.data<float>().ToArray();
    }

    private static IEnumerable<int> Rows(int count) => Enumerable.Range(0, count);
}
