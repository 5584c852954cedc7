using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Data;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Folders as transformers writes them, against outputs of test/Reference/encoder.py, which knows nothing of this library.</summary>
[TestClass]
public sealed class HuggingFaceFolderTests
{
    private const double Close = 1e-5;

    private static readonly string Fixtures = Path.Combine(AppContext.BaseDirectory, "Fixtures", "hugging-face");
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static IEnumerable<object[]> Folders => Directory.GetDirectories(Fixtures).Select(folder => new object[] { Path.GetFileName(folder) });

    [TestMethod]
    [DynamicData(nameof(Folders))]
    public void EachOutputIsTheReferences(string folder)
    {
        using var model = BertModel.FromPretrained(Path.Combine(Fixtures, folder));
        AssertOutputs(model, Expected(Path.Combine(folder, "expected.json")));
    }

    [TestMethod]
    [DynamicData(nameof(Folders))]
    public void WrittenByUsItIsStillTheSame(string folder)
    {
        using var work = new TemporaryFolder();
        using var model = BertModel.FromPretrained(Path.Combine(Fixtures, folder));
        model.SavePretrained(work["ours"]);
        using var read = BertModel.FromPretrained(work["ours"]);
        TestModel.AssertSameBits(model.Weights, read.Weights);
        Assert.AreEqual(model.Tokenizer.Vocabulary.Sha256, read.Tokenizer.Vocabulary.Sha256);
        Assert.AreEqual(model.Config with { InitializerRange = model.Config.InitialDeviation }, read.Config);
        AssertOutputs(read, Expected(Path.Combine(folder, "expected.json")));
    }

    // Their tensors come back under their names, bit for bit; what they lack, a head, is ours.
    [TestMethod]
    [DataRow("bert-pretraining")]
    [DataRow("megatron-pretraining")]
    [DataRow("roberta-masked")]
    public void ItsTensorsComeBackBitForBit(string folder)
    {
        using var scope = torch.NewDisposeScope();
        using var work = new TemporaryFolder();
        using (var model = BertModel.FromPretrained(Path.Combine(Fixtures, folder))) model.SavePretrained(work["ours"]);
        using var theirs = SafetensorsReader.Open(Path.Combine(Fixtures, folder, "model.safetensors"));
        using var ours = SafetensorsReader.Open(Path.Combine(work["ours"], "model.safetensors"));
        CollectionAssert.AreEquivalent(theirs.Entries.Select(entry => entry.Name).ToArray(), ours.Entries.Select(entry => entry.Name).ToArray());
        var written = ours.ReadAll();
        foreach (var (name, tensor) in theirs.ReadAll())
        {
            var values = tensor;
            var from = name.EndsWith("position_embeddings.weight", StringComparison.Ordinal) && folder.StartsWith("roberta", StringComparison.Ordinal) ? 4 : 0; // no token stands there
            CollectionAssert.AreEqual(
                values.narrow(0, from, values.shape[0] - from).data<float>().ToArray(), written[name].narrow(0, from, values.shape[0] - from).data<float>().ToArray(), name);
        }
    }

    [TestMethod]
    [DataRow("bert-classification-f16")]
    [DataRow("roberta-classification")]
    public void AClassifierIsTheReferencesAndIsWrittenUnderItsNames(string folder)
    {
        using var work = new TemporaryFolder();
        using var model = BertModel.FromPretrained(Path.Combine(Fixtures, folder));
        using var predictor = new BertPredictor(model.Config, model.Tokenizer, outputs: 3, Pooling.Cls, torch.CPU, seed: 1);
        var network = new NetworkDescription(model.Config, model.Tokenizer, NetworkDescription.Classification, ["x", "y", "z"], "single_label_classification");
        PretrainedFolder.ReadWeights(Path.Combine(Fixtures, folder), network, predictor.Weights);
        var expected = Expected(Path.Combine(folder, "expected.json"));
        AssertClose([.. expected.SelectMany(one => one.Logits!)], predictor.Predict([.. expected.Select(Text)], torch.float32));

        PretrainedFolder.Save(network, predictor.Weights.Tensors, work["ours"]);
        using var theirs = SafetensorsReader.Open(Path.Combine(Fixtures, folder, "model.safetensors"));
        using var ours = SafetensorsReader.Open(Path.Combine(work["ours"], "model.safetensors"));
        CollectionAssert.AreEquivalent(theirs.Entries.Select(entry => entry.Name).ToArray(), ours.Entries.Select(entry => entry.Name).ToArray());
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(work["ours"], "config.json")))!;
        StringAssert.EndsWith((string?)config["architectures"]![0], "ForSequenceClassification");
        Assert.AreEqual("single_label_classification", (string?)config["problem_type"]);
        Assert.AreEqual("""{"0":"x","1":"y","2":"z"}""", config["id2label"]!.ToJsonString());
        Assert.AreEqual("""{"x":0,"y":1,"z":2}""", config["label2id"]!.ToJsonString());
    }

    [TestMethod]
    [DataRow("bert-pretraining", "All weights were read.")]
    [DataRow("bert-masked-gelu-new", "All weights were read.")]
    [DataRow("bert-bare-relu", "New, with random weights: cls.predictions.transform.dense.weight, cls.predictions.transform.dense.bias, "
        + "cls.predictions.transform.LayerNorm.weight, cls.predictions.transform.LayerNorm.bias, cls.predictions.bias.")]
    [DataRow("roberta-classification", "New, with random weights: lm_head.dense.weight, lm_head.dense.bias, lm_head.layer_norm.weight, lm_head.layer_norm.bias, lm_head.bias. "
        + "Not used: classifier.out_proj.bias, classifier.out_proj.weight.")]
    public void TheReportSaysWhatWasThere(string folder, string expected)
    {
        using var model = BertModel.FromPretrained(Path.Combine(Fixtures, folder));
        Assert.AreEqual(expected, $"{model.Report}");
        Assert.AreEqual(expected.StartsWith("All", StringComparison.Ordinal), model.Report!.IsComplete);
    }

    [TestMethod]
    public void TheShippedEncoderIsTheReferencesToo()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var model = BertModel.FromPretrained(Repository.At("examples", "models", "pld-bert-mini"));
        foreach (var expected in Expected("pld-bert-mini.json"))
        {
            var (batch, hidden) = Run(model, [expected]);
            var normalized = model.Encoder.Normalize(hidden).data<float>().ToArray();
            AssertClose(expected.FirstHidden!, normalized[..model.Config.HiddenSize]);
            AssertClose(expected.LastHidden!, normalized[^model.Config.HiddenSize..]);
            AssertClose(expected.NextSentence!, model.NextSentence!.Logits(hidden, batch).data<float>().ToArray());
            var logits = model.MaskedLanguage.Logits(hidden, torch.arange(expected.Ids.Length, torch.int64));
            for (var place = 0; place < expected.Ids.Length; place++)
                for (var rank = 0; rank < expected.BestPieces![place].Length; rank++)
                    Assert.AreEqual(expected.BestLogits![place][rank], logits[place, expected.BestPieces[place][rank]].item<float>(), 1e-4, $"at {place}"); // of about 15
        }
    }

    [TestMethod]
    public void PartsWithAnIndexAreOneModel()
    {
        using var work = new TemporaryFolder();
        using var whole = BertModel.FromPretrained(Copied(work, "megatron-pretraining"));
        Split(work["model"], name => $"model-0000{(name.Contains("layer.1", StringComparison.Ordinal) ? 1 : 2)}-of-00002.safetensors");
        using var read = BertModel.FromPretrained(work["model"]);
        TestModel.AssertSameBits(whole.Weights, read.Weights);
        Assert.IsTrue(read.Report!.IsComplete);

        // Saved over, it is one file again.
        read.SavePretrained(work["model"]);
        Assert.IsFalse(File.Exists(Path.Combine(work["model"], "model.safetensors.index.json")));
        using var again = BertModel.FromPretrained(work["model"]);
        TestModel.AssertSameBits(whole.Weights, again.Weights);
    }

    // What was random when it was read must not look like something that was trained when it is read again.
    [TestMethod]
    [DataRow("bert-bare-relu", "BertModel")]
    [DataRow("roberta-bare", "RobertaPreLayerNormModel")]
    public void AHeadThatWasNotThereIsNotWritten(string folder, string architecture)
    {
        using var work = new TemporaryFolder();
        using var model = BertModel.FromPretrained(Path.Combine(Fixtures, folder));
        model.SavePretrained(work["ours"]);
        Assert.AreEqual(architecture, (string?)JsonNode.Parse(File.ReadAllText(Path.Combine(work["ours"], "config.json")))!["architectures"]![0]);
        StringAssert.Contains(File.ReadAllText(Path.Combine(work["ours"], "README.md")), "pipeline_tag: feature-extraction");
        using var read = BertModel.FromPretrained(work["ours"]);
        CollectionAssert.AreEqual(model.Report!.Missing.ToArray(), read.Report!.Missing.ToArray());
        Assert.HasCount(5, read.Report.Missing);
    }

    [TestMethod]
    public void AnIndexWithoutAMapIsRefused()
    {
        using var work = new TemporaryFolder();
        var folder = Copied(work, "bert-pretraining");
        File.Delete(Path.Combine(folder, "model.safetensors"));
        foreach (var text in new[] { """{"weight_map": null}""", "{}", """{"weight_map": {}}""" })
        {
            File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), text);
            StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(folder)).Message, "model.safetensors.index.json'");
        }
    }

    [TestMethod]
    public void TensorsOfIntegersAreRefusedBeforeAnyIsRead()
    {
        using var work = new TemporaryFolder();
        var folder = Copied(work, "bert-pretraining");
        Rewrite(folder, tensors => tensors["bert.pooler.dense.bias"] = torch.zeros(12, dtype: torch.int64));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(folder)).Message, "tensor 'bert.pooler.dense.bias' is of dtype I64; expected F32, F16 or BF16");
    }

    [TestMethod]
    [DataRow("bert-classification-f16")]
    [DataRow("roberta-classification")]
    public void AClassifierIsATransformer(string folder)
    {
        var mlContext = new MLContext(seed: 1);
        using var read = PldBertMulticlassTransformer.FromPretrained(mlContext, Path.Combine(Fixtures, folder), new() { Sentence1ColumnName = "Text", FineTuning = new() { MaxLength = 13 } });
        Assert.IsTrue(read.Report!.IsComplete);
        var expected = Expected(Path.Combine(folder, "expected.json"));
        AssertClose([.. expected.SelectMany(one => one.Logits!)], read.Predictor.Predict([.. expected.Select(Text)], torch.float32));
        var scores = read.Transform(mlContext.Data.LoadFromEnumerable(TextRow.Make(3))).GetColumn<float[]>("Score").ToArray();
        foreach (var row in scores) Assert.AreEqual(1, row.Sum(), 1e-5);
    }

    [TestMethod]
    [DataRow("../model.safetensors", "lists the file '../model.safetensors'; expected the name of a .safetensors file beside it")]
    [DataRow("weights.bin", "lists the file 'weights.bin'")]
    [DataRow("elsewhere.safetensors", "lists 'elsewhere.safetensors', which is not there")]
    public void AnIndexOfOtherFilesIsRefused(string file, string message)
    {
        using var work = new TemporaryFolder();
        var folder = Copied(work, "bert-pretraining");
        File.Delete(Path.Combine(folder, "model.safetensors"));
        File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), $$$"""{"weight_map": {"a": "{{{file}}}"}}""");
        var failure = Assert.Throws<Exception>(() => Read(folder));
        Assert.IsTrue(failure is InvalidDataException or FileNotFoundException, $"{failure}");
        StringAssert.Contains(failure.Message, message);
    }

    [TestMethod]
    [DataRow("pytorch_model.bin")]
    [DataRow("tf_model.h5")]
    public void OtherFormatsAreRefusedWithTheWayToConvertThem(string file)
    {
        using var work = new TemporaryFolder();
        var folder = Copied(work, "bert-pretraining");
        File.Move(Path.Combine(folder, "model.safetensors"), Path.Combine(folder, file));
        var message = Assert.ThrowsExactly<FileNotFoundException>(() => Read(folder)).Message;
        StringAssert.Contains(message, $"has its weights in {file}");
        StringAssert.Contains(message, "safe_serialization=True");
    }

    [TestMethod]
    public void AllThatIsMissingOrMisshapenIsInOneMessage()
    {
        using var work = new TemporaryFolder();
        var folder = Copied(work, "bert-pretraining");
        Rewrite(folder, tensors =>
        {
            tensors.Remove("bert.encoder.layer.1.output.dense.bias");
            tensors.Remove("bert.embeddings.LayerNorm.weight");
            tensors["bert.encoder.layer.0.output.LayerNorm.bias"] = torch.zeros(13);
            tensors["bert.encoder.layer.1.output.dense.bais"] = torch.zeros(12);
        });
        var message = Assert.ThrowsExactly<InvalidDataException>(() => Read(folder)).Message;
        foreach (var part in new[]
        {
            "it has no tensor 'bert.encoder.layer.1.output.dense.bias'", "it has no tensor 'bert.embeddings.LayerNorm.weight'",
            "tensor 'bert.encoder.layer.0.output.LayerNorm.bias' has the shape [13]; expected [12]", "It has, beside those that are expected: bert.encoder.layer.1.output.dense.bais.",
        })
            StringAssert.Contains(message, part);
    }

    // Names of TensorFlow's first checkpoints, still in many old files.
    [TestMethod]
    public void GammaAndBetaAreWeightAndBias()
    {
        using var work = new TemporaryFolder();
        using var model = BertModel.FromPretrained(Copied(work, "bert-pretraining"));
        Rewrite(work["model"], tensors =>
        {
            foreach (var name in tensors.Keys.Where(name => name.Contains("LayerNorm", StringComparison.Ordinal)).ToArray())
            {
                tensors[name.Replace("LayerNorm.weight", "LayerNorm.gamma").Replace("LayerNorm.bias", "LayerNorm.beta")] = tensors[name];
                tensors.Remove(name);
            }
        });
        using var read = BertModel.FromPretrained(work["model"]);
        TestModel.AssertSameBits(model.Weights, read.Weights);
    }

    [TestMethod]
    public void EmbeddingsToSpareAreKept()
    {
        using var work = new TemporaryFolder();
        var folder = Copied(work, "bert-pretraining");
        var pieces = File.ReadAllLines(Path.Combine(folder, "vocab.txt"));
        File.WriteAllLines(Path.Combine(folder, "vocab.txt"), pieces[..^2]);
        using var model = BertModel.FromPretrained(folder);
        Assert.AreEqual((pieces.Length, pieces.Length - 2), (model.Config.VocabularySize, model.Tokenizer.Vocabulary.Count));
        AssertOutputs(model, Expected("bert-pretraining/expected.json"));

        File.WriteAllLines(Path.Combine(folder, "vocab.txt"), [.. pieces, "##z"]);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(folder)).Message, "has 42 pieces, but");
    }

    [TestMethod]
    public void PositionsThatCountFromAnotherPaddingAreRefused()
    {
        using var work = new TemporaryFolder();
        var folder = Copied(work, "roberta-masked");
        var config = Path.Combine(folder, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"pad_token_id\": 3", "\"pad_token_id\": 2"));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(folder)).Message, "has [PAD] at 3, but");
    }

    // Alone, and padded beside the others: padding changes nothing.
    private static void AssertOutputs(BertModel model, Output[] all)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        foreach (var some in all.Select(one => new[] { one }).Append(all))
        {
            var (batch, hidden) = Run(model, some);
            var normalized = model.Encoder.Normalize(hidden).data<float>().ToArray();
            for (var row = 0; row < some.Length; row++)
            {
                for (var place = 0; place < some[row].Ids.Length; place++)
                    AssertClose(some[row].Hidden![place], normalized.AsSpan((row * batch.Length + place) * model.Config.HiddenSize, model.Config.HiddenSize).ToArray());
                if (some[row].MaskedLanguage is not { } expected) continue;
                var places = torch.arange(row * batch.Length, row * batch.Length + some[row].Ids.Length, torch.int64);
                AssertClose([.. expected.SelectMany(logits => logits)], model.MaskedLanguage.Logits(hidden, places).data<float>().ToArray());
            }
            if (some[0].NextSentence is not null)
                AssertClose([.. some.SelectMany(one => one.NextSentence!)], model.NextSentence!.Logits(hidden, batch).data<float>().ToArray());
        }
    }

    private static (TokenBatch Batch, torch.Tensor Hidden) Run(BertModel model, Output[] inputs)
    {
        var batch = TokenBatch.Pad([.. inputs.Select(Text)], model.Tokenizer.Vocabulary.PadId, torch.CPU, firstsOnly: false);
        return (batch, model.Encoder.Apply(batch, LayerPlan.Dense(model.Config.Layers), torch.float32));
    }

    private static TokenizedText Text(Output one) => new(one.Ids, one.Types, [.. one.Ids.Select(_ => 1)]);

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (var i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], actual[i], Close * Math.Max(1, Math.Abs(expected[i])), $"at {i}");
    }

    private static Output[] Expected(string file) => JsonSerializer.Deserialize<Output[]>(File.ReadAllText(Path.Combine(Fixtures, file)), Json)!;

    private static string Copied(TemporaryFolder work, string fixture)
    {
        Directory.CreateDirectory(work["model"]);
        foreach (var file in Directory.GetFiles(Path.Combine(Fixtures, fixture))) File.Copy(file, Path.Combine(work["model"], Path.GetFileName(file)));
        return work["model"];
    }

    private static void Read(string folder) => BertModel.FromPretrained(folder).Dispose();

    private static void Rewrite(string folder, Action<Dictionary<string, torch.Tensor>> change)
    {
        using var scope = torch.NewDisposeScope();
        var path = Path.Combine(folder, "model.safetensors");
        Dictionary<string, torch.Tensor> tensors;
        using (var file = SafetensorsReader.Open(path)) tensors = file.ReadAll();
        change(tensors);
        SafetensorsWriter.Write(path, tensors);
    }

    private static void Split(string folder, Func<string, string> fileOf)
    {
        using var scope = torch.NewDisposeScope();
        var path = Path.Combine(folder, "model.safetensors");
        Dictionary<string, torch.Tensor> tensors;
        using (var file = SafetensorsReader.Open(path)) tensors = file.ReadAll();
        File.Delete(path);
        foreach (var part in tensors.GroupBy(tensor => fileOf(tensor.Key))) SafetensorsWriter.Write(Path.Combine(folder, part.Key), part.ToDictionary());
        File.WriteAllText(
            Path.Combine(folder, "model.safetensors.index.json"),
            JsonSerializer.Serialize(new Dictionary<string, object> { ["metadata"] = new { total_size = 1 }, ["weight_map"] = tensors.Keys.ToDictionary(name => name, fileOf) }));
    }

    private sealed record Output(
        int[] Ids, int[] Types, float[][]? Hidden = null, float[]? Pooled = null, float[]? NextSentence = null, float[][]? MaskedLanguage = null, float[]? Logits = null,
        float[]? FirstHidden = null, float[]? LastHidden = null, int[][]? BestPieces = null, float[][]? BestLogits = null);
}
