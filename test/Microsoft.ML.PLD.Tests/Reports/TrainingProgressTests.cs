namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class TrainingProgressTests
{
    [TestMethod]
    [DataRow(0, 10, 0.0)]
    [DataRow(1, 10, .1)]
    [DataRow(10, 10, 1.0)]
    [DataRow(12, 10, 1.0)]
    [DataRow(0, 0, 1.0)]
    public void ShareIsStepsDoneOfAll(long step, long total, double share) =>
        Assert.AreEqual(share, (ProgressTextTests.Example with { Step = step, TotalSteps = total }).Share);
}
