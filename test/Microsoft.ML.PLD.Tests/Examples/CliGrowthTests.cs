using Cli;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CliGrowthTests
{
    [TestMethod]
    public void StagesAreRead()
    {
        CollectionAssert.AreEqual(new GrowthStage[] { new(3, 0.3), new(6, 0.5) }, GrowthStages.Parse(["3:0.3", "6:0.5"]));
        Assert.IsEmpty(GrowthStages.Parse([]));
    }

    [TestMethod]
    [DataRow("3")]
    [DataRow("")]
    [DataRow("3:")]
    [DataRow(":0.3")]
    [DataRow("3:0.3:6")]
    [DataRow("three:0.3")]
    [DataRow("3:0,3")]
    [DataRow("99999999999:0.3")]
    public void WhatIsNoStageIsNamed(string text)
    {
        var message = Assert.ThrowsExactly<FormatException>(() => GrowthStages.Parse(["2:0.1", text])).Message;
        Assert.Contains($"'{text}'", message);
        Assert.Contains("3:0.3", message);
    }

    [TestMethod]
    [DataRow("6:0.5", "3:0.6")]
    [DataRow("3:0.5", "6:0.4")]
    [DataRow("0:0.5", "6:0.6")]
    [DataRow("3:0.5", "6:30")]
    public void StagesThatDoNotFollowEachOtherAreRefused(string first, string second)
    {
        var message = Assert.ThrowsExactly<FormatException>(() => GrowthStages.Parse([first, second])).Message;
        Assert.StartsWith("does not go: A stage ", message);
        Assert.DoesNotContain("Parameter", message);
    }
}
