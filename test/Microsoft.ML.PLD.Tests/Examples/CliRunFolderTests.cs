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
        File.WriteAllText(Path.Combine(texts, "notes.md"), "which nobody reads");
        Assert.IsTrue(Open(1, reads: [rows, texts]).IsDone);
        File.WriteAllText(rows, "b");
        Assert.Contains("what --data reads has changed since", Refused(() => Open(1, reads: [rows, texts])));
    }

    [TestMethod]
    public void TheSameDataElsewhereAreTheSameRun()
    {
        var (rows, moved) = (_folder.Write("rows.csv", "a"), _folder.Write("moved.csv", "a"));
        RunFolder Open(string path) => RunFolder.Open("finetune", _folder["run"], new JsonObject { ["data"] = path, [InputFingerprints.Field] = InputFingerprints.Of(new FileHashes(), (Data, [path])) }, [], fresh: false);
        Open(rows).End("{}");
        Assert.IsTrue(Open(moved).IsDone);
        File.WriteAllText(moved, "b");
        Assert.Contains("--data was ", Refused(() => Open(moved)));
    }

    [TestMethod]
    public void OfAModelCountsWhatIsReadOfIt()
    {
        var model = Directory.CreateDirectory(_folder["bert"]).FullName;
        foreach (var name in new[] { "config.json", "vocab.txt", "model.safetensors" }) File.WriteAllText(Path.Combine(model, name), name);
        var before = Print();
        Directory.CreateDirectory(Path.Combine(model, "tickets"));
        foreach (var name in new[] { "README.md", "results.json", "tickets/vocab.txt" }) File.WriteAllText(Path.Combine(model, name), name);
        Assert.AreEqual(before, Print());
        File.WriteAllText(Path.Combine(model, "vocab.txt"), "another");
        Assert.AreNotEqual(before, Print());

        string Print() => InputFingerprints.Of(new FileHashes(), (Data, ModelFiles.Of(model))).ToJsonString();
    }

    [TestMethod]
    public void TextIsCountedAsItIsRead()
    {
        var text = Directory.CreateDirectory(_folder["text/deep/.hidden"]).Parent!.Parent!.FullName;
        foreach (var name in new[] { "b.txt", "deep/a.TXT", "a.md", ".c.txt", "deep/.hidden/d.txt", "deep/vocab.json" }) File.WriteAllText(Path.Combine(text, name), name);
        string[] read = [.. CorpusBuilder.ReadLines([text]).OfType<string>()];
        CollectionAssert.AreEqual(new[] { "b.txt", "deep/a.TXT" }, read);
        CollectionAssert.AreEqual(read, Compare.SourceFiles.Of(text).Select(File.ReadAllText).ToArray());
    }

    [TestMethod]
    public void HashingStopsWhenItIsAsked() =>
        Assert.Throws<OperationCanceledException>(() => new FileHashes(new CancellationToken(canceled: true)).Of(_folder.Write("rows.csv", "a")));

    [TestMethod]
    public void OtherSettingsAreNotedWhenTheTrainingHasTakenThem()
    {
        Begun(1);
        var run = Open(2, changes: ["Steps"]);
        Assert.AreEqual(1, StepsThere(run));
        _ = Open(1); // the training has refused: the run is what it was
        run.Accept();
        Assert.AreEqual(2, StepsThere(run));
        Assert.Contains("--steps was 2 and is 1. Give another --output, or --fresh to begin anew, or --allow-change with ", Refused(() => Open(1, changes: [])));
        Assert.DoesNotContain("--allow-change", Refused(() => Open(1))); // which is not every verb's

        run.End("{}");
        Assert.Contains("has a finished run of something else: --steps was 2 and is 3. Give another --output, or --fresh to begin anew.", Refused(() => Open(3, changes: ["Steps"])));
        Assert.IsTrue(Open(2, changes: ["Steps"]).IsDone);

        static int StepsThere(RunFolder run) => (int)JsonNode.Parse(File.ReadAllText(run.Asked))!["steps"]!;
    }

    [TestMethod]
    public void BegunAnewNothingOfTheRunBeforeIsLeftButWhatOthersHavePutThere()
    {
        var run = Begun(1, "finetune");
        run.End("{}");
        string[] own = ["model/config.json", "model/model.safetensors", "model.zip", "report.html", "tensorboard/Fine-tuning/events.out.tfevents.1"], others = ["model/README.md", "tensorboard/notes.txt", "model.onnx"];
        foreach (var file in own.Concat(others))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[$"run/{file}"])!);
            File.WriteAllText(_folder[$"run/{file}"], "");
        }
        Open(2, fresh: true, verb: "finetune");
        CollectionAssert.AreEquivalent(others.Append("finetune.json").ToArray(), Directory.GetFiles(_folder["run"], "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(_folder["run"], file)).ToArray());
    }

    [TestMethod]
    [DataRow("""{ "steps": 1, } // mine""", "no \"fingerprints\", so that no pretrain has written it")]
    [DataRow("", "is damaged (")]
    [DataRow("""{ "steps": """, "is damaged (")]
    public void SettingsThatNoRunHasWrittenAreNotWrittenOver(string text, string expected)
    {
        Directory.CreateDirectory(_folder["run/checkpoints"]);
        _folder.Write("run/pretrain.json", text);
        _folder.Write("run/checkpoints/weights", "mine");
        foreach (var fresh in new[] { false, true }) Assert.Contains(expected, Refused(() => Open(1, fresh)));
        Assert.AreEqual(text, File.ReadAllText(_folder["run/pretrain.json"]));
        Assert.IsTrue(File.Exists(_folder["run/checkpoints/weights"]));
    }

    [TestMethod]
    public void ARunDoesNotBeginWithWhatItWritesOver()
    {
        Assert.Contains("--pretrained: ", Refused(() => RunFolder.CheckInput("--pretrained", _folder["run/model/"], _folder["run"])));
        RunFolder.CheckInput("--pretrained", _folder["other/model"], _folder["run"]);
    }

    [TestMethod]
    public void ARunDoesNotReadWhatItWrites()
    {
        var text = Directory.CreateDirectory(_folder["text"]).FullName;
        foreach (var output in new[] { _folder["text/run"], _folder["text/../text/a/run/"] }) Assert.Contains($"--output: '{output}' is in the folder that --text reads, '{text}/'.", Refused(() => RunFolder.CheckInput("--text", $"{text}/", output)));
        Assert.Contains("is the folder that --text reads", Refused(() => RunFolder.CheckInput("--text", text, $"{text}/")));
        foreach (var output in new[] { _folder["run"], _folder["text-run"], _folder["..run"] }) RunFolder.CheckInput("--text", text, output);
        RunFolder.CheckInput("--text", _folder.Write("run.txt", ""), _folder["run"]);
    }

    private RunFolder Open(int steps, bool fresh = false, string verb = "pretrain", string[]? changes = null, params string[] reads)
    {
        var asked = new JsonObject { ["steps"] = steps, ["output"] = $"{steps}", [InputFingerprints.Field] = InputFingerprints.Of(new FileHashes(), (Data, [.. reads.SelectMany(Compare.SourceFiles.Of)])) };
        return RunFolder.Open(verb, _folder["run"], asked, [Output], fresh, changes);
    }

    // One that has a checkpoint.
    private RunFolder Begun(int steps, string verb = "pretrain")
    {
        var run = Open(steps, verb: verb);
        Directory.CreateDirectory(Path.Combine(run.Checkpoints, "step-0000000001"));
        return run;
    }

    private static string Refused(Action action) => Assert.ThrowsExactly<UsageException>(action).Message;
}
