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
        asked[InputFingerprints.Field] = new JsonObject { ["data"] = "0123" }; // as a training writes it
        Assert.IsFalse(Effective("finetune", "--config", folder.Write("written.json", ConfigFile.Write(asked))).ContainsKey(InputFingerprints.Field));
    }

    [TestMethod]
    [DataRow("There is no option '--stepz' (did you mean '--steps'?)", "pretrain", "--text", "a", "--stepz", "3")]
    [DataRow("'pretrian' is no verb (did you mean 'pretrain'?)", "pretrian")]
    [DataRow("--steps is '0'; expected a whole number from 1.", "pretrain", "--steps", "0")]
    [DataRow("--epochs is '2,5'; expected a whole number from 1.", "finetune", "--epochs", "2,5")]
    [DataRow("--steps is '1,00'; expected", "pretrain", "--steps", "1,00")]
    [DataRow("--from and --layers are both given; the model in --from has its own", "pretrain", "--text", "a", "--from", "b", "--layers", "3")]
    [DataRow("--from and --keep-case are both given", "pretrain", "--text", "a", "--from", "b", "--keep-case")]
    [DataRow("--theta is '1.5'; expected a number from 0 to 1", "pretrain", "--theta", "1.5")]
    [DataRow("--model is 'tini' (did you mean 'tiny'?); expected one of: tiny, mini", "pretrain", "--model", "tini")]
    [DataRow("--grow has '3'; expected BLOCKS:SHARE", "pretrain", "--grow", "3")]
    [DataRow("--metric is 'F2' (did you mean 'F1'?); expected one of: Loss, Accuracy", "finetune", "--metric", "F2")]
    [DataRow("--device is 'gpu'; expected auto, cpu, cuda, or cuda:N with N from 0.", "evaluate", "--device", "gpu")]
    [DataRow("--device is 'cuda:x'; expected", "finetune", "--device", "cuda:x")]
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
    public void WhatIsRecommendedFollowsFromTheBlocks()
    {
        Assert.AreEqual("recommended", (string)Effective("pretrain", "--text", "a")["schedule"]!);
        var grown = (Microsoft.ML.PLD.GrowingDepth)ScheduleChoice.Read("Recommended", thetaBar: 0.25, untrained: 8);
        CollectionAssert.AreEqual(((Microsoft.ML.PLD.GrowingDepth)Microsoft.ML.PLD.LayerSchedules.Recommended(8)).Stages.ToArray(), grown.Stages.ToArray());
        Assert.AreEqual(0.25, ((Microsoft.ML.PLD.ProgressiveLayerDrop)grown.Then).ThetaBar);
        // Nothing to grow by, and what is trained already.
        Assert.AreEqual(new Microsoft.ML.PLD.ProgressiveLayerDrop(), ScheduleChoice.Read("recommended", untrained: 3));
        Assert.AreEqual(new Microsoft.ML.PLD.ProgressiveLayerDrop(), ScheduleChoice.Read("recommended"));
    }

    [TestMethod]
    public void OfAModelToStartFromItsArchitectureIsNoSetting()
    {
        var asked = Effective("pretrain", "--text", "a", "--from", "b", "--steps", "1,000");
        Assert.AreEqual(1000, (int)asked["steps"]!);
        foreach (var field in new[] { "model", "norm", "vocabulary-size", "keep-case" })
        {
            Assert.IsFalse(asked.ContainsKey(field), field);
            Assert.IsTrue(Effective("pretrain", "--text", "a").ContainsKey(field), field);
        }
        using var folder = new TemporaryFolder();
        Assert.IsTrue(JsonNode.DeepEquals(asked, Effective("pretrain", "--config", folder.Write("asked.json", ConfigFile.Write(asked)))));
        var message = Assert.ThrowsExactly<UsageException>(() => Effective("pretrain", "--config", folder.Write("both.json", """{ "text": "a", "from": "b" }"""), "--model", "tiny")).Message;
        Assert.Contains("--from and --model are both given", message);
    }

    [TestMethod]
    public void WithPostLayerNormalizationRecommendedIsDense()
    {
        const NormPlacement post = NormPlacement.Post;
        var recommended = ScheduleChoice.Read("recommended", untrained: 8, norm: post);
        Assert.AreEqual(new Microsoft.ML.PLD.DenseSchedule(), recommended);
        Assert.Contains("--schedule recommended is dense here", ScheduleChoice.Caution("recommended", recommended, post)!.Value.Message);
        Assert.IsNull(ScheduleChoice.Caution("dense", recommended, post));
        Assert.IsTrue(ScheduleChoice.Caution("pld", ScheduleChoice.Read("pld", norm: post), post)!.Value.IsWarning);
        Assert.IsNull(ScheduleChoice.Caution("pld", ScheduleChoice.Read("pld"), NormPlacement.Pre));
        Assert.StartsWith("--theta is given, but --schedule recommended is dense", Assert.ThrowsExactly<UsageException>(() => ScheduleChoice.Read("recommended", thetaBar: 0.5, norm: post)).Message);
    }

    [TestMethod]
    public void ASchedulesParametersAreItsOwn()
    {
        var read = (Microsoft.ML.PLD.ProgressiveLayerDrop)ScheduleChoice.Read("PLD", thetaBar: 0.25);
        Assert.AreEqual(0.25, read.ThetaBar);
        Assert.Contains("--schedule dense has no theta", Assert.ThrowsExactly<UsageException>(() => ScheduleChoice.Read("dense", thetaBar: 0.5)).Message);
        Assert.Contains("did you mean 'pld'", Assert.ThrowsExactly<UsageException>(() => ScheduleChoice.Read("pdl")).Message);
    }

    private static JsonObject Effective(params string[] args)
    {
        var parsed = CommandReader.Parse(Root(), args);
        return ((Verb)parsed.CommandResult.Command).Effective(parsed);
    }

    /// <summary>The verbs that are the program's own.</summary>
    internal static RootCommand Root() => [new PretrainVerb(), new FinetuneVerb(), new EvaluateVerb(), new PredictVerb(), new EmbedVerb()];
}
