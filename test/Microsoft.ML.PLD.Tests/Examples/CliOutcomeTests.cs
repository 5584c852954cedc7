using Cli;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CliOutcomeTests
{
    [TestMethod]
    public void AStopSaysWhatIsKept()
    {
        Assert.AreEqual((130, "Stopped. The same command goes on."), End(new OperationCanceledException(), goesOn: true));
        Assert.AreEqual((130, "Stopped. The same command without --fresh goes on."), End(new OperationCanceledException(), goesOn: true, fresh: true));
        Assert.AreEqual((130, "Stopped. No file is written."), End(new OperationCanceledException(), goesOn: false));
        Assert.IsTrue(new PretrainVerb().GoesOn && new FinetuneVerb().GoesOn);
        Assert.IsFalse(new PredictVerb().GoesOn || new EmbedVerb().GoesOn || new EvaluateVerb().GoesOn);
    }

    [TestMethod]
    [DataRow(true, "--fresh")]
    [DataRow(true, "--fresh=true")]
    [DataRow(true, "--fresh:true")]
    [DataRow(false, "--fresh", "false")]
    [DataRow(false)]
    public void WhetherACommandBeginsAnewItsOptionTells(bool expected, params string[] options)
    {
        var parsed = CommandReader.Parse(CliConfigTests.Root(), ["pretrain", "--text", "a", .. options]);
        Assert.AreEqual(expected, ((Verb)parsed.CommandResult.Command).BeginsAnew(parsed));
    }

    [TestMethod]
    public void AFullDiskIsNoFaultOfWhatWasGiven()
    {
        Assert.AreEqual((1, "The disk is full. What is saved stays: once this is mended, the same command goes on."), End(new IOException("The disk is full."), goesOn: true));
        Assert.EndsWith("the same command without --fresh goes on.", End(new IOException("The disk is full."), goesOn: true, fresh: true).Message);
        Assert.AreEqual((1, "The disk is full."), End(new IOException("The disk is full.")));
        Assert.AreEqual((2, "There is no 'a'."), End(new FileNotFoundException("There is no 'a'."), goesOn: true));
    }

    [TestMethod]
    public void WhatTheLibraryRefusesWasGivenAndWhatDotNetRefusesIsAFault()
    {
        var (code, message) = End(Assert.ThrowsExactly<InvalidOperationException>(() => new RuntimeOptions { Device = "cuda:99" }.Resolve()));
        Assert.AreEqual(2, code);
        Assert.StartsWith("Device is 'cuda:99', but ", message);
        (code, message) = End(Assert.ThrowsExactly<InvalidOperationException>(() => Array.Empty<int>().Max()));
        Assert.AreEqual(1, code);
        Assert.StartsWith("Something that this program did not expect: InvalidOperationException: ", message);
        Assert.AreEqual(2, End(new FileNotFoundException("There is no 'a'.")).Code);
    }

    private static (int Code, string Message) End(Exception failure, bool goesOn = false, bool fresh = false)
    {
        var ending = Outcome.Of(failure, goesOn, fresh);
        return (ending.Code, ending.Message);
    }
}
