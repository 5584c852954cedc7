using CsCheck;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass, TestCategory("Vectors")]
public sealed class DropoutAddTests
{
    // By a program in another language, from the definition.
    private static readonly uint[] Golden = [1_068_498_234, 4_093_361_663, 3_890_380_782];

    [TestMethod]
    public void BitsStayWhatTheyAre()
    {
        // The format of a run: a resumed one must drop what the first would have dropped.
        var bits = new DropoutBits(0.25, new RandomStream(1, RandomPurpose.Dropout, step: 2, index: 3));
        CollectionAssert.AreEqual(Golden, new[] { bits.Draw(0), bits.Draw(1), bits.Draw(1_000_000) });
    }

    [TestMethod]
    public void ItIsStreamPlusScaleTimesTheKeptBranch() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 150], Gen.Double[0, 0.9], Gen.Double[0.5, 4], Gen.Bool, Gen.Bool).Sample((rows, length, rate, scale, hasStream, bfloat16) =>
        {
            using var scope = torch.NewDisposeScope();
            var type = bfloat16 ? torch.bfloat16 : torch.float32;
            var site = new DropoutSite(rate, Seed: 5, Step: 6, Place: 7, FirstRow: 8, rows);
            torch.Tensor Leaf() => torch.randn([rows, length], type).requires_grad_();
            var (branch, stream) = (Leaf(), hasStream ? Leaf() : null);
            var kept = torch.tensor(Enumerable.Range(0, rows).SelectMany(row =>
            {
                var bits = site.Bits(row);
                return Enumerable.Range(0, length).Select(i => (bits.Draw((uint)i / 32) >> i % 32 & 1) == 1 ? 1f : 0);
            }).ToArray()).view(rows, length);

            var actual = DropoutAdd.Apply(stream, branch, scale, site);
            var expected = branch.to(torch.float32) * kept * (scale * site.Scale);
            if (stream is not null) expected += stream.to(torch.float32);
            var tolerance = bfloat16 ? 1e-2 : 1e-5;
            Assert.IsTrue(actual.to(torch.float32).allclose(expected, tolerance, tolerance));

            var weights = torch.randn_like(actual);
            (actual * weights).sum().backward();
            Assert.IsTrue(branch.grad!.to(torch.float32).allclose(weights.to(torch.float32) * kept * (scale * site.Scale), tolerance, tolerance));
            if (stream is not null) Assert.IsTrue(stream.grad!.Equals(weights));
        }, iter: 100);
}
