using Glue;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class GlueEndingTests
{
    [TestMethod]
    public void WhatPeopleCanMendIsToldWithoutAStackTrace()
    {
        foreach (var failure in new Exception[] { new InvalidDataException("damaged"), new FileNotFoundException("damaged"), new UnauthorizedAccessException("damaged"), new UsageException("damaged") })
            Assert.AreEqual(new Ending(2, "damaged"), Ending.Of(failure, fresh: false));
        Assert.AreEqual(new Ending(1, "full"), Ending.Of(new IOException("full"), fresh: false)); // which is not of what was given
        Assert.IsNull(Ending.Of(new NullReferenceException(), fresh: false));
    }

    [TestMethod]
    public void AfterAStopItSaysWhatGoesOn()
    {
        Assert.AreEqual(new Ending(130, "Stopped. The same command goes on."), Ending.Of(new OperationCanceledException(), fresh: false));
        var fresh = Ending.Of(new OperationCanceledException(), fresh: true)!;
        Assert.AreEqual(130, fresh.Code);
        Assert.Contains("without --fresh goes on", fresh.Message);
    }
}
