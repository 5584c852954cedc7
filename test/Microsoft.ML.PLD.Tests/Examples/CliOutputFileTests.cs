using Cli;
using Glue;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CliOutputFileTests
{
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void Delete() => _folder.Dispose();

    [TestMethod]
    public void AFileIsThereWholeOrAsItWas()
    {
        var (path, own) = (_folder.Write("answers.csv", "before"), _folder.Write("answers.csv.tmp", "a user's"));
        Assert.ThrowsExactly<OperationCanceledException>(() => OutputFile.Write("--output", path, (TextWriter text) =>
        {
            text.Write("half of it");
            text.Flush();
            throw new OperationCanceledException();
        }));
        Assert.AreEqual("before", File.ReadAllText(path));
        OutputFile.Write("--output", path, (TextWriter text) => text.Write("after"));
        Assert.AreEqual("after", File.ReadAllText(path));
        Assert.AreEqual("a user's", File.ReadAllText(own));
        Assert.HasCount(2, Directory.GetFiles(_folder["."]));
    }

    [TestMethod]
    public void WhatIsReadIsNotWrittenOver()
    {
        var data = _folder.Write("rows.csv", "");
        Assert.Contains("is what --data reads, and would be lost", Assert.ThrowsExactly<UsageException>(() => OutputFile.Check("--output", _folder["./rows.csv"], ("--model", "model.zip"), ("--data", data))).Message);
        OutputFile.Check("--output", _folder["answers.csv"], ("--data", data));
    }

    [TestMethod]
    public void AnExportedModelComesWithItsFolder()
    {
        using (var made = TestModel.Make()) made.SavePretrained(_folder["bert"]);
        var (mlContext, path) = (new MLContext(1), _folder["new/deep/model.zip"]);
        using var model = Conversion.Model.Load(mlContext, _folder["bert"], pooling: null, maxLength: 0, isPair: false);
        model.Save(path, quantize: null);
        CollectionAssert.AreEqual(new[] { path }, Directory.GetFiles(_folder["new/deep"]));
        using var read = Conversion.Model.Load(mlContext, path, pooling: null, maxLength: 0, isPair: false);
        CollectionAssert.AreEqual(model.Score(["a text"])[0], read.Score(["a text"])[0]);
    }
}
