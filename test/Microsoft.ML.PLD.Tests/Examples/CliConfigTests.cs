using System.CommandLine;
using System.Text.Json.Nodes;
using Cli;
using Glue;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CliConfigTests
{
    [TestMethod]
    public void TheCommandLineWinsOverTheFileAndTheFileOverDefaults()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("run.json", """{ "steps": 20, "batch-size": 8, "text": ["a.txt", "b"], "next-sentence": true, /* fast */ "grow": ["2:0.25"], "schedule": { "name": "DenseSchedule" } }""");
        var asked = Effective("pretrain", "--config", file, "--batch-size", "4", "--next-sentence", "false");
        Assert.AreEqual(20, (int)asked["steps"]!);
        Assert.AreEqual(4, (int)asked["batch-size"]!);
        Assert.AreEqual(128, (int)asked["sequence-length"]!);
        Assert.IsFalse((bool)asked["next-sentence"]!);
        CollectionAssert.AreEqual(new[] { folder["a.txt"], folder["b"] }, asked["text"]!.AsArray().Select(path => (string)path!).ToArray()); // relative to the file
        Assert.AreEqual("2:0.25", (string)asked["grow"]![0]!);
        Assert.IsInstanceOfType<Microsoft.ML.PLD.DenseSchedule>(ScheduleChoice.Read((string)asked["schedule"]!));
    }

    [TestMethod]
    public void WhatIsPrintedIsTheSameConfig()
    {
        using var folder = new TemporaryFolder();
        var asked = Effective("finetune", "--data", "rows.csv", "--label", "kind", "--learning-rate", "1e-3", "--metric", "f1", "--patience", "2");
        Assert.AreEqual("F1", (string)asked["metric"]!);
        var again = Effective("finetune", "--config", folder.Write("asked.json", ConfigFile.Write(asked)));
        Assert.IsTrue(JsonNode.DeepEquals(asked, again), again.ToJsonString());
    }

    [TestMethod]
    [DataRow("There is no option '--stepz' (did you mean '--steps'?)", "pretrain", "--text", "a", "--stepz", "3")]
    [DataRow("'pretrian' is no verb (did you mean 'pretrain'?)", "pretrian")]
    [DataRow("--steps is '0'; expected a whole number from 1.", "pretrain", "--steps", "0")]
    [DataRow("--theta is '1.5'; expected a number from 0 to 1", "pretrain", "--theta", "1.5")]
    [DataRow("--model is 'tini' (did you mean 'tiny'?); expected one of: tiny, mini", "pretrain", "--model", "tini")]
    [DataRow("--grow has '3'; expected BLOCKS:SHARE", "pretrain", "--grow", "3")]
    [DataRow("--metric is 'F2' (did you mean 'F1'?); expected one of: Loss, Accuracy", "finetune", "--metric", "F2")]
    [DataRow("--config: there is no file 'nowhere.json'", "finetune", "--config", "nowhere.json")]
    public void WhatIsMisspeltIsNamedWithWhatIsMeant(string expected, params string[] args) =>
        Assert.Contains(expected, Assert.ThrowsExactly<UsageException>(() => CommandReader.Parse(Root(), args)).Message);

    [TestMethod]
    [DataRow("""{ "stepz": 3 }""", "'stepz' is no setting of this verb (did you mean 'steps'?)")]
    [DataRow("""{ "steps": "many" }""", "run.json: --steps is 'many'; expected a whole number from 1.")]
    [DataRow("""{ "steps": [1, 2] }""", "run.json: 'steps' is [1, 2]; expected a single value.")]
    [DataRow("[]", "is Array; expected a JSON object")]
    [DataRow("{\n\"steps\": }", "is not JSON near line 2")]
    public void WhatIsWrongInAFileIsNamedWithTheFile(string json, string expected)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("run.json", json);
        var message = Assert.ThrowsExactly<UsageException>(() => CommandReader.Parse(Root(), ["pretrain", "--config", file])).Message;
        Assert.StartsWith(file, message);
        Assert.Contains(expected, message);
    }

    [TestMethod]
    public void ASchedulesParametersAreItsOwn()
    {
        var read = (Microsoft.ML.PLD.ProgressiveLayerDrop)ScheduleChoice.Read("PLD", thetaBar: 0.25);
        Assert.AreEqual(0.25, read.ThetaBar);
        Assert.Contains("--schedule dense has no theta", Assert.ThrowsExactly<UsageException>(() => ScheduleChoice.Read("dense", thetaBar: 0.5)).Message);
        Assert.Contains("did you mean 'pld'", Assert.ThrowsExactly<UsageException>(() => ScheduleChoice.Read("pdl")).Message);
    }

    [TestMethod]
    public void AFolderIsOneRunsUntilItIsBegunAnew()
    {
        using var folder = new TemporaryFolder();
        var output = new Setting<string?>("--output", "FOLDER", "", ArgumentArity.ExactlyOne, given => given[0]);
        JsonObject Asked(int steps) => new() { ["steps"] = steps, ["output"] = $"{steps}" };
        RunFolder Open(int steps, bool fresh = false) => RunFolder.Open("pretrain", folder["run"], Asked(steps), [output], fresh);
        Open(1);
        var run = Open(2); // of the one before there is nothing to lose
        run.End("{}");
        Assert.IsTrue(Open(2).IsDone);
        Assert.Contains("has a finished run of other settings: --steps was 2 and is 3.", Assert.ThrowsExactly<UsageException>(() => Open(3)).Message);
        Assert.IsFalse(Open(3, fresh: true).IsDone);
        Directory.CreateDirectory(Path.Combine(run.Checkpoints, "step-0000000001"));
        Assert.Contains("has a started run of other settings", Assert.ThrowsExactly<UsageException>(() => Open(2)).Message);
    }

    private static JsonObject Effective(params string[] args)
    {
        var parsed = CommandReader.Parse(Root(), args);
        return ((Verb)parsed.CommandResult.Command).Effective(parsed);
    }

    private static RootCommand Root() => [new PretrainVerb(), new FinetuneVerb(), new EvaluateVerb(), new PredictVerb(), new EmbedVerb()];
}
