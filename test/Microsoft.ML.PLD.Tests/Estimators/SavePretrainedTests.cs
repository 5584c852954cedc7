using System.Text.Json.Nodes;
using Microsoft.ML.Data;
using OnnxScoring;

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
    public void AnswersAndNumbersSayWhatTheyAreAndComeBack()
    {
        using var folder = new TemporaryFolder();
        var rows = MLContext.Data.LoadFromEnumerable(TextRow.Make(20).Select((row, i) => new Row { Text = row.Text, Truth = row.Class == "dog", Number = i }));
        var binaryOptions = new PldBertBinaryTrainer.Options
        {
            LabelColumnName = nameof(Row.Truth), Sentence1ColumnName = nameof(Row.Text), Pretrained = Pretrained, FineTuning = Options.FineTuning, Runtime = Options.Runtime,
        };
        using var binary = MLContext.BinaryClassification.Trainers.PldBert(binaryOptions).Fit(rows);
        binary.SavePretrained(folder["binary"]);
        var regressionOptions = new PldBertRegressionTrainer.Options
        {
            LabelColumnName = nameof(Row.Number), Sentence1ColumnName = nameof(Row.Text), Pretrained = Pretrained, FineTuning = Options.FineTuning, Runtime = Options.Runtime,
        };
        using var regression = MLContext.Regression.Trainers.PldBert(regressionOptions).Fit(rows);
        regression.SavePretrained(folder["regression"]);
        JsonNode Config(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder[name], "config.json")))!;
        Assert.AreEqual("""{"0":"false","1":"true"}""", Config("binary")["id2label"]!.ToJsonString());
        Assert.AreEqual("""{"0":"Score"}""", Config("regression")["id2label"]!.ToJsonString());
        Assert.AreEqual("regression", (string?)Config("regression")["problem_type"]);

        float[] Of(ITransformer transformer) => [.. transformer.Transform(rows).GetColumn<float>("Score")];
        using var binaryRead = PldBertBinaryTransformer.FromPretrained(MLContext, folder["binary"], binaryOptions with { Pretrained = null, Config = BertConfig.Mini });
        CollectionAssert.AreEqual(Of(binary), Of(binaryRead));
        using var regressionRead = PldBertRegressionTransformer.FromPretrained(MLContext, folder["regression"], regressionOptions with { Pretrained = null });
        CollectionAssert.AreEqual(Of(regression), Of(regressionRead));

        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => PldBertMulticlassTransformer.FromPretrained(MLContext, folder["regression"])).Message, "has 1 output; expected at least 2, one for each class; PldBertRegressionTransformer.FromPretrained reads models with 1.");
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => PldBertRegressionTransformer.FromPretrained(MLContext, folder["binary"])).Message, "has 2 outputs; expected 1, a number");

        var turned = Config("binary");
        turned["id2label"] = JsonNode.Parse("""{"0":"True","1":"False"}""");
        File.WriteAllText(Path.Combine(folder["binary"], "config.json"), turned.ToJsonString());
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => PldBertBinaryTransformer.FromPretrained(MLContext, folder["binary"])).Message,
            "has the classes 'True' and 'False'; expected false first and true second.");
    }

    [TestMethod]
    public void ClassesComeBackWithTheirNamesAndScores()
    {
        using var folder = new TemporaryFolder();
        using var tuned = Fit(Options with { Pretrained = Pretrained });
        tuned.SavePretrained(folder["model"]);
        var before = TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var read = PldBertMulticlassTransformer.FromPretrained(MLContext, folder["model"], Options with { FineTuning = Options.FineTuning with { Steps = 77 } }))
        {
            var (expected, actual) = (Scores(tuned, TextRow.Make(20)), Scores(read, TextRow.Make(20)));
            for (var row = 0; row < 20; row++) CollectionAssert.AreEqual(expected[row], actual[row]);
            var labels = default(VBuffer<ReadOnlyMemory<char>>);
            read.GetOutputSchema(Labelled(MLContext, TextRow.Make(1)).Schema)["PredictedLabel"].GetKeyValues(ref labels);
            CollectionAssert.AreEqual(TextRow.Make(20).Select(row => row.Class).Distinct().ToArray(), labels.DenseValues().Select(label => $"{label}").ToArray());
        }
        using (var usual = PldBertMulticlassTransformer.FromPretrained(MLContext, folder["model"])) // reads Sentence1, and as much of it as there are positions
            Assert.AreEqual("23", Metadata(usual)["max_length"]);
        Assert.AreEqual(before, TorchSharp.DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void FoldersThatAreNoClassifiersAreRefused()
    {
        using var folder = new TemporaryFolder();
        Pretrained.SavePretrained(folder["encoder"]);
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => PldBertMulticlassTransformer.FromPretrained(MLContext, folder["encoder"])).Message, "has no classifier ('classifier.out_proj.bias')");
        using var tuned = Fit(Options with { Pretrained = Pretrained });
        tuned.SavePretrained(folder["tuned"]);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(
            () => PldBertMulticlassTransformer.FromPretrained(MLContext, folder["tuned"], Options with { FineTuning = new() { MaxLength = 24 } })).Message, "MaxLength is 24, but the model has 23 positions");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(
            () => PldBertMulticlassTransformer.FromPretrained(MLContext, folder["tuned"], Options with { FineTuning = new() { MaxLength = 9, Pooling = Pooling.Max } })).Message, "FineTuning.Pooling is Max, but the model in");
    }

    [TestMethod]
    public void OptionsAreThoseOfTheFoldersArchitecture()
    {
        using var folder = new TemporaryFolder();
        var config = BertConfig.Mini with { Layers = 14, HiddenSize = 16, AttentionHeads = 2, IntermediateSize = 20, MaxPositions = 600 };
        using var tuned = Fit(Options with { Pretrained = null, Config = config });
        tuned.SavePretrained(folder["deep"]);
        // More positions and blocks than an encoder has by default.
        using var read = PldBertMulticlassTransformer.FromPretrained(MLContext, folder["deep"], new() { FineTuning = new() { MaxLength = 600, FrozenBlocks = 14 } });
        Assert.AreEqual("600", Metadata(read)["max_length"]);
    }

    [TestMethod]
    public void AnEncoderIsATransformerWithoutTraining()
    {
        using var folder = new TemporaryFolder();
        Pretrained.SavePretrained(folder["encoder"]);
        using var transformer = PldBertTransformer.FromPretrained(MLContext, folder["encoder"], "Features", "Text", Pooling.Max, maxLength: 11, Options.Runtime);
        var vectors = transformer.Transform(MLContext.Data.LoadFromEnumerable(TextRow.Make(5))).GetColumn<float[]>("Features").ToArray();
        var expected = Pretrained.Embed([.. TextRow.Make(5).Select(row => Pretrained.Tokenizer.Encode(row.Text, null, 11))], Pooling.Max, TorchSharp.torch.float32);
        CollectionAssert.AreEqual(expected, vectors.SelectMany(vector => vector).ToArray());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => PldBertTransformer.FromPretrained(MLContext, folder["encoder"], "Features", maxLength: 24));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => PldBertTransformer.FromPretrained(MLContext, folder["encoder"], "Features", pooling: (Pooling)5));
    }

    [TestMethod]
    [DataRow(Pooling.Cls, "cls_token")]
    [DataRow(Pooling.Mean, "mean_tokens")]
    [DataRow(Pooling.Max, "max_tokens")]
    public void AnEncodersPoolingAndLengthAreInSentenceTransformersFiles(Pooling pooling, string mode)
    {
        using var folder = new TemporaryFolder();
        Pretrained.SavePretrained(folder["encoder"]);
        using var transformer = PldBertTransformer.FromPretrained(MLContext, folder["encoder"], "Features", "Text", pooling, maxLength: 11, Options.Runtime);
        transformer.SavePretrained(folder["sentences"]);
        JsonNode Read(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder["sentences"], name)))!;
        Assert.AreEqual("""
            [{"idx":0,"name":"0","path":"","type":"sentence_transformers.models.Transformer"},{"idx":1,"name":"1","path":"1_Pooling","type":"sentence_transformers.models.Pooling"}]
            """, Read("modules.json").ToJsonString());
        Assert.AreEqual("""{"max_seq_length":11,"do_lower_case":false}""", Read("sentence_bert_config.json").ToJsonString());
        var written = Read("1_Pooling/config.json").AsObject();
        Assert.AreEqual(16, (int)written["word_embedding_dimension"]!);
        CollectionAssert.AreEqual(new[] { $"pooling_mode_{mode}" }, written.Where(flag => flag.Key.StartsWith("pooling_mode", StringComparison.Ordinal) && (bool)flag.Value!).Select(flag => flag.Key).ToArray());

        using var read = PldBertTransformer.FromPretrained(MLContext, folder["sentences"], "Features", "Text", runtime: Options.Runtime);
        Assert.AreEqual((pooling, 11), (read.Pooling, read.MaxLength));
        var rows = MLContext.Data.LoadFromEnumerable(TextRow.Make(5));
        CollectionAssert.AreEqual(
            transformer.Transform(rows).GetColumn<float[]>("Features").SelectMany(vector => vector).ToArray(), read.Transform(rows).GetColumn<float[]>("Features").SelectMany(vector => vector).ToArray());
        using var other = PldBertTransformer.FromPretrained(MLContext, folder["sentences"], "Features", "Text", pooling == Pooling.Max ? Pooling.Cls : Pooling.Max, maxLength: 12);
        Assert.AreEqual((pooling == Pooling.Max ? Pooling.Cls : Pooling.Max, 12), (other.Pooling, other.MaxLength), "what is given goes before what is found");

        read.Model.SavePretrained(folder["sentences"]); // an encoder alone has no pooling: what was said of it goes
        using var again = PldBertTransformer.FromPretrained(MLContext, folder["sentences"], "Features");
        Assert.AreEqual(Pooling.Mean, again.Pooling);
        transformer.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => transformer.SavePretrained(folder["late"]));
        Assert.IsFalse(Directory.Exists(folder["late"]));
    }

    [TestMethod]
    [DataRow("modules.json", """[{"type":"sentence_transformers.models.Pooling","path":"1_Pooling"},{"type":"sentence_transformers.models.Dense","path":"2_Dense"}]""", "'sentence_transformers.models.Dense' after the encoder")]
    [DataRow("modules.json", """[{"type":"sentence_transformers.models.Transformer","path":"0_Transformer"}]""", "has the encoder in '0_Transformer'")]
    [DataRow("modules.json", """[{"type":"sentence_transformers.models.Pooling","path":"../elsewhere"}]""", "has the path '../elsewhere'")]
    [DataRow("modules.json", """[{"type":"sentence_transformers.models.Pooling","path":".."}]""", "has the path '..'")]
    [DataRow("modules.json", """[{"type":"sentence_transformers.models.Pooling","path":"3_Pooling"}]""", "There is no '")]
    [DataRow("modules.json", "[null]", "an empty entry")]
    [DataRow("modules.json", "{}", "is not as Sentence-transformers writes it")]
    [DataRow("sentence_bert_config.json", """{"max_seq_length":"many"}""", "is not as Sentence-transformers writes it")]
    [DataRow("1_Pooling/config.json", """{"pooling_mode_mean_tokens":true,"pooling_mode_max_tokens":true}""", "another way than by [CLS], the mean or the maximum alone")]
    [DataRow("1_Pooling/config.json", """{"pooling_mode_lasttoken":true}""", "another way than by [CLS], the mean or the maximum alone")]
    public void OtherSentenceTransformersAreRefused(string file, string content, string message)
    {
        using var folder = new TemporaryFolder();
        Pretrained.SavePretrained(folder["encoder"]);
        using (var transformer = PldBertTransformer.FromPretrained(MLContext, folder["encoder"], "Features")) transformer.SavePretrained(folder["encoder"]);
        File.WriteAllText(Path.Combine(folder["encoder"], file), content);
        var refused = Assert.ThrowsExactly<InvalidDataException>(() => PldBertTransformer.FromPretrained(MLContext, folder["encoder"], "Features"));
        StringAssert.Contains(refused.Message, message);
        StringAssert.Contains(refused.Message, file);
        using var given = PldBertTransformer.FromPretrained(MLContext, folder["encoder"], "Features", pooling: Pooling.Mean, maxLength: 9);
        Assert.AreEqual(9, given.MaxLength);
    }

    private static IReadOnlyDictionary<string, string> Metadata(PldBertMulticlassTransformer transformer)
    {
        using var stream = new MemoryStream();
        transformer.SaveAsOnnx(stream);
        using var onnx = new TokenSession(stream.ToArray());
        return onnx.Metadata;
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
