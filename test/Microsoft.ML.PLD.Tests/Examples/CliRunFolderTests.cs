using System.Text.Json.Nodes;
using Cli;
using Glue;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CliRunFolderTests
{
    private static readonly Setting<string?> Data = Cli.Settings.Path("--data", ""), Output = Cli.Settings.Path("--output", "");
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void Delete() => _folder.Dispose();

    [TestMethod]
    public void AFolderIsOneRunsUntilItIsBegunAnew()
    {
        Open(1);
        var run = Open(2); // of the one before there is nothing to lose
        run.End("{}");
        Assert.IsTrue(Open(2).IsDone);
        Assert.Contains("has a finished run of something else: --steps was 2 and is 3.", Refused(() => Open(3)));
        Assert.IsFalse(Open(3, fresh: true).IsDone);
        Directory.CreateDirectory(Path.Combine(run.Checkpoints, "step-0000000001"));
        Assert.Contains("has a started run of something else: --steps was 3 and is 2.", Refused(() => Open(2)));
    }

    [TestMethod]
    public void AFolderOfAnotherVerbIsItsEvenToBeginAnew()
    {
        Open(1).End("{}");
        foreach (var fresh in new[] { false, true }) Assert.Contains("is the folder of a pretrain: pretrain.json is there.", Refused(() => Open(1, fresh, "finetune")));
        Assert.IsTrue(Open(1).IsDone);
    }

    [TestMethod]
    [DataRow("checkpoints/step-0000000001/weights")]
    [DataRow("results.json")]
    [DataRow("model/config.json")]
    [DataRow("report.html")]
    public void WhatNoRunHasMadeIsNeverDeleted(string file)
    {
        var path = Path.Combine(_folder["run"], file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "mine");
        foreach (var fresh in new[] { false, true }) Assert.Contains($"has '{file.Split('/')[0]}', and no pretrain.json", Refused(() => Open(1, fresh)));
        Assert.AreEqual("mine", File.ReadAllText(path));
    }

    [TestMethod]
    public void OtherDataAreAnotherRun()
    {
        var (rows, texts) = (_folder.Write("rows.csv", "a"), Directory.CreateDirectory(_folder["texts"]).FullName);
        File.WriteAllText(Path.Combine(texts, "one.txt"), "one");
        Open(1, reads: [rows, texts]).End("{}");
        Assert.IsTrue(Open(1, reads: [rows, texts]).IsDone);
        File.WriteAllText(Path.Combine(texts, "two.txt"), "two");
        Assert.Contains("has a finished run of something else: what --data reads has changed since.", Refused(() => Open(1, reads: [rows, texts])));
        File.Delete(Path.Combine(texts, "two.txt"));
        Assert.IsTrue(Open(1, reads: [rows, texts]).IsDone);
        File.WriteAllText(rows, "b");
        Assert.Contains("what --data reads has changed since", Refused(() => Open(1, reads: [rows, texts])));
        Assert.IsTrue(Open(1).IsDone, "as a run of before there were fingerprints");
    }

    [TestMethod]
    public void ARunDoesNotBeginWithWhatItWritesOver()
    {
        Assert.Contains("--pretrained: ", Refused(() => RunFolder.CheckStart("--pretrained", _folder["run/model/"], _folder["run"])));
        RunFolder.CheckStart("--pretrained", _folder["other/model"], _folder["run"]);
    }

    private RunFolder Open(int steps, bool fresh = false, string verb = "pretrain", params string[] reads)
    {
        var asked = new JsonObject { ["steps"] = steps, ["output"] = $"{steps}" };
        if (reads.Length > 0) asked[InputFingerprints.Field] = InputFingerprints.Of((Data, reads));
        return RunFolder.Open(verb, _folder["run"], asked, [Output], fresh);
    }

    private static string Refused(Action action) => Assert.ThrowsExactly<UsageException>(action).Message;
}
