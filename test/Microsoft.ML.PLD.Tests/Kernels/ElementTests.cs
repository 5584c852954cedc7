using System.Runtime.Intrinsics;
using CsCheck;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass, TestCategory("Vectors")]
public sealed unsafe class ElementTests
{
    private static readonly float[] Special =
    [
        0, -0f, 1, -1, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, float.MaxValue, float.MinValue, 1e-40f,
        BitConverter.UInt32BitsToSingle(0x3F808000), BitConverter.UInt32BitsToSingle(0x3F818000), // ties, to even
        BitConverter.UInt32BitsToSingle(0x3F808001), BitConverter.UInt32BitsToSingle(0x7FFFFFFF), 0.1f,
    ];

    [TestMethod]
    public void BFloat16RoundsAsLibtorchDoes()
    {
        AssertAsLibtorch(Special);
        Gen.UInt.Select(BitConverter.UInt32BitsToSingle).Array[16].Sample(AssertAsLibtorch, iter: 1_000);
    }

    private static void AssertAsLibtorch(float[] values)
    {
        using var scope = torch.NewDisposeScope();
        var expected = torch.tensor(values).to(torch.bfloat16).to(torch.float32).data<float>().ToArray();
        var (halves, one, back) = (new ushort[16], new ushort[16], new float[16]);
        fixed (ushort* all = halves, single = one)
        fixed (float* result = back)
        {
            BFloat16Element.Store(Vector512.Create(values), all, 0);
            BFloat16Element.Load(all, 0).Store(result);
            for (var i = 0; i < 16; i++)
            {
                BFloat16Element.Set(values[i], single, i);
                AssertSame(expected[i], BFloat16Element.Get(single, i), values[i]);
                AssertSame(expected[i], back[i], values[i]);
            }
        }
        CollectionAssert.AreEqual(one, halves);
    }

    private static void AssertSame(float expected, float actual, float of) =>
        Assert.IsTrue(expected.Equals(actual) && float.IsNegative(expected) == float.IsNegative(actual) || float.IsNaN(expected) && float.IsNaN(actual), $"{of}: {expected} {actual}");
}
