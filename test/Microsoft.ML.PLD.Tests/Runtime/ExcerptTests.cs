namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class ExcerptTests
{
    [TestMethod]
    public void LongTextIsCutInItsMiddle()
    {
        Assert.AreEqual("short", Excerpt.Of("short"));
        var text = new string('a', 200) + new string('b', 200);
        Assert.AreEqual($"{new string('a', 150)} [...] {new string('b', 150)}", Excerpt.Of(text));
    }

    [TestMethod]
    public void ADamagedFileMakesNoLineOfMegabytes()
    {
        var longValue = new string('x', 100_000);
        var failure = Assert.ThrowsExactly<InvalidDataException>(() => HuggingFaceConfig.Parse(System.Text.Encoding.UTF8.GetBytes($$"""{"model_type": n{{longValue}}}"""), "config.json"));
        Assert.IsLessThan(500, failure.Message.Length);
        StringAssert.StartsWith(failure.Message, "'config.json' is not a model configuration in JSON: 'nx");
        StringAssert.Contains(failure.Message, "LineNumber: 0");
    }
}
