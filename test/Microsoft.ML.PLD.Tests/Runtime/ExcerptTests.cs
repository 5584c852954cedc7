using System.Text;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class ExcerptTests
{
    [TestMethod]
    public void LongTextIsCutAndNoCharacterIsCutInTwo()
    {
        Assert.AreEqual("short", Excerpt.Of("short"));
        Assert.AreEqual(new string('a', 200), Excerpt.Of(new string('a', 200)));
        Assert.AreEqual(new string('a', 200) + "...", Excerpt.Of(new string('a', 201)));
        Assert.AreEqual(new string('a', 199) + "...", Excerpt.Of(new string('a', 199) + "\U0001F600" + new string('b', 99)));
    }

    [TestMethod]
    public void ADamagedFileMakesNoLineOfMegabytes()
    {
        foreach (var value in new[] { $"n{new string('x', 100_000)}", $"\"{new string('x', 100_000)}\"", new string('9', 100_000) })
        {
            var failure = Assert.ThrowsExactly<InvalidDataException>(() => HuggingFaceConfig.Parse(Encoding.UTF8.GetBytes($$"""{"model_type": {{value}}}"""), "config.json"));
            Assert.IsLessThan(500, failure.Message.Length);
            StringAssert.StartsWith(failure.Message, "'config.json'");
        }
    }
}
