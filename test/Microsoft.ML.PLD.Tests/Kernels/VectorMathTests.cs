using System.Runtime.Intrinsics;
using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass, TestCategory("Vectors")]
public sealed class VectorMathTests
{
    [TestMethod]
    public void ExpIsExpToAFewUnitsOfTheLastPlace() =>
        Gen.Float[-87, 88].Array[16].Sample(values =>
        {
            var powers = VectorMath.Exp(Vector512.Create(values));
            for (var i = 0; i < 16; i++) Assert.AreEqual(1, powers[i] / Math.Exp(values[i]), 3e-7, $"exp({values[i]})");
        }, iter: 2_000);

    [TestMethod]
    public void ExpGoesToZeroAndInfinityAndKeepsWhatIsNotANumber()
    {
        var powers = VectorMath.Exp(Vector512.Create(0, float.NegativeInfinity, -200, -104, float.PositiveInfinity, 90, float.NaN, -88, 1e-30f, 88.7f, -0f, 1, -1, float.MinValue, float.MaxValue, -95));
        float[] expected = [1, 0, 0, 0, float.PositiveInfinity, float.PositiveInfinity, float.NaN];
        for (var i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], powers[i]);
        Assert.AreEqual(Math.Exp(-88), powers[7], 1e-44); // below the smallest normal number
        Assert.AreEqual(Math.Exp(-95), powers[15], 1e-44);
    }

    [TestMethod]
    public void NormalIsTheNormalDistribution()
    {
        // Digits of the standard normal distribution.
        float[] at = [0, 1, -1, 2, -2, 3, -3, 0.5f];
        double[] shares = [0.5, 0.8413447461, 0.1586552539, 0.9772498681, 0.0227501319, 0.9986501020, 0.0013498980, 0.6914624613];
        var (share, density) = VectorMath.Normal(Vector512.Create([.. at, .. at]));
        for (var i = 0; i < at.Length; i++)
        {
            Assert.AreEqual(shares[i], share[i], 1e-7);
            Assert.AreEqual(Math.Exp(-at[i] * at[i] / 2) / Math.Sqrt(2 * Math.PI), density[i], 1e-7);
        }
    }

    [TestMethod]
    public void MaxIsTheLargest() =>
        Gen.Float[-1e9f, 1e9f].Array[16].Sample(values => Assert.AreEqual(values.Max(), VectorMath.Max(Vector512.Create(values))), iter: 200);
}
