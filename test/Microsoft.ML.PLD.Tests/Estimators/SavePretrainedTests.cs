using System.Text.Json.Nodes;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Fine-tuned models as folders of Hugging Face's, with their model cards.</summary>
[TestClass]
public sealed class SavePretrainedTests : FineTuningFixture
{
    [TestMethod]
    public void ClassesHaveTheirNames()
    {
        using var folder = new TemporaryFolder();
        using var tuned = Fit(Options with { Pretrained = Pretrained });
        tuned.SavePretrained(folder["model"]);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder["model"], "config.json")))!;
        Assert.AreEqual("RobertaPreLayerNormForSequenceClassification", (string?)config["architectures"]![0]);
        Assert.AreEqual("single_label_classification", (string?)config["problem_type"]);
        var labels = config["id2label"]!.AsObject().Select(label => (string?)label.Value).ToArray();
        CollectionAssert.AreEqual(TextRow.Make(20).Select(row => row.Class).Distinct().ToArray(), labels);
        Assert.AreEqual(1, (int)config["label2id"]![labels[1]!]!);

        // The encoder of the folder is the fine-tuned one.
        using var read = BertModel.FromPretrained(folder["model"]);
        var (expected, actual) = (TestModel.Bits(tuned.Predictor.Weights), TestModel.Bits(read.Weights));
        foreach (var (name, bits) in expected.Where(weight => !weight.Key.StartsWith("classifier", StringComparison.Ordinal))) CollectionAssert.AreEqual(bits, actual[name], name);
        Assert.IsTrue(read.HasPooler);
        CollectionAssert.Contains(read.Report!.Unexpected.ToArray(), "classifier.out_proj.weight");
    }

    [TestMethod]
    public void AnswersAndNumbersSayWhatTheyAre()
    {
        using var folder = new TemporaryFolder();
        var rows = MLContext.Data.LoadFromEnumerable(TextRow.Make(20).Select((row, i) => new Row { Text = row.Text, Truth = row.Class == "dog", Number = i }));
        using (var binary = MLContext.BinaryClassification.Trainers.PldBert(new PldBertBinaryTrainer.Options
        {
            LabelColumnName = nameof(Row.Truth), Sentence1ColumnName = nameof(Row.Text), Pretrained = Pretrained, FineTuning = Options.FineTuning, Runtime = Options.Runtime,
        }).Fit(rows))
            binary.SavePretrained(folder["binary"]);
        using (var regression = MLContext.Regression.Trainers.PldBert(new PldBertRegressionTrainer.Options
        {
            LabelColumnName = nameof(Row.Number), Sentence1ColumnName = nameof(Row.Text), Pretrained = Pretrained, FineTuning = Options.FineTuning, Runtime = Options.Runtime,
        }).Fit(rows))
            regression.SavePretrained(folder["regression"]);
        JsonNode Config(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder[name], "config.json")))!;
        Assert.AreEqual("""{"0":"false","1":"true"}""", Config("binary")["id2label"]!.ToJsonString());
        Assert.AreEqual("""{"0":"Score"}""", Config("regression")["id2label"]!.ToJsonString());
        Assert.AreEqual("regression", (string?)Config("regression")["problem_type"]);
    }

    [TestMethod]
    public void TheCardHasTheTrainingsFigures()
    {
        using var folder = new TemporaryFolder();
        using var tuned = Fit(Options with { Pretrained = Pretrained, FineTuning = Options.FineTuning with { ValidationShare = 0.3 } });
        tuned.SavePretrained(folder["model"]);
        var card = File.ReadAllText(Path.Combine(folder["model"], "README.md"));
        foreach (var part in new[]
        {
            "pipeline_tag: text-classification", "| transformers' class | RobertaPreLayerNormForSequenceClassification |", "pre-LN encoder, 5 blocks, hidden size 16, 2 attention heads, GELU",
            "## Fine-tuning", "| optimizer steps | 2 |", "| best validation, after step | ", "| BatchSize | 8 |", "task | single label classification: ",
        })
            StringAssert.Contains(card, part);

        Pretrained.SavePretrained(folder["model"]); // ours is replaced
        card = File.ReadAllText(Path.Combine(folder["model"], "README.md"));
        StringAssert.Contains(card, "pipeline_tag: fill-mask");
        StringAssert.Contains(card, "## Pre-training");
        StringAssert.Contains(card, "| optimizer steps | 3 |");

        File.WriteAllText(Path.Combine(folder["model"], "README.md"), "# Mine");
        tuned.SavePretrained(folder["model"]); // somebody else's is not
        Assert.AreEqual("# Mine", File.ReadAllText(Path.Combine(folder["model"], "README.md")));

        using var loaded = BertModel.FromPretrained(folder["model"]);
        loaded.SavePretrained(folder["unknown"]);
        Assert.DoesNotContain("optimizer steps", File.ReadAllText(Path.Combine(folder["unknown"], "README.md")), "nothing is known of it");
    }

    [TestMethod]
    public void WhatTransformersCannotReadIsRefused()
    {
        using var folder = new TemporaryFolder();
        using var tuned = Fit(Options with { Pretrained = Pretrained, FineTuning = Options.FineTuning with { Pooling = Pooling.Mean } });
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => tuned.SavePretrained(folder["model"])).Message, "pools by Mean");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => tuned.SavePretrained(folder["model"], (Precision)9));
        Assert.IsFalse(Directory.Exists(folder["model"]));
        tuned.Dispose();
        using var other = Fit(Options with { Pretrained = Pretrained });
        other.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => other.SavePretrained(folder["model"]));
    }

    private sealed class Row
    {
        public string? Text { get; set; }
        public bool Truth { get; set; }
        public float Number { get; set; }
    }
}
