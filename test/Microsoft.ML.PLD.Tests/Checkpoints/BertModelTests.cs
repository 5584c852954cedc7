using System.Text.Json.Nodes;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>A model as a folder: what is written, and what is read again.</summary>
[TestClass]
public sealed class BertModelTests : ModelFolderFixture
{
    private static readonly string[] Files = ["README.md", "config.json", "model.safetensors", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"];

    [TestMethod]
    public void BFloat16HalvesTheFileAndRoundsEachWeight()
    {
        using var scope = torch.NewDisposeScope();
        using var work = new TemporaryFolder();
        using var model = TestModel.Make();
        model.SavePretrained(work["exact"]);
        model.SavePretrained(work["rounded"], Precision.BFloat16);
        long Size(string folder) => new FileInfo(Path.Combine(work[folder], "model.safetensors")).Length;
        Assert.AreEqual(model.ParameterCount * 2, Size("exact") - Size("rounded"), 200, "but for the header");
        StringAssert.Contains(File.ReadAllText(Path.Combine(work["rounded"], "config.json")), "\"torch_dtype\": \"bfloat16\"");
        StringAssert.Contains(File.ReadAllText(Path.Combine(work["exact"], "config.json")), "\"torch_dtype\": \"float32\"");
        using var read = BertModel.FromPretrained(work["rounded"]);
        foreach (var (name, weights) in model.Weights.Tensors)
            CollectionAssert.AreEqual(weights.to(torch.bfloat16).to(torch.float32).data<float>().ToArray(), read.Weights.Tensors[name].data<float>().ToArray(), name);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => model.SavePretrained(work["rounded"], (Precision)9));
    }

    [TestMethod]
    [DataRow(NormPlacement.Post, true, true, true)]
    [DataRow(NormPlacement.Post, true, false, false)]
    [DataRow(NormPlacement.Pre, true, false, true)]
    [DataRow(NormPlacement.Pre, true, true, false)]
    [DataRow(NormPlacement.Pre, false, true, true)]
    [DataRow(NormPlacement.Pre, false, false, false)]
    public void SavedAndReadItIsTheSameBitForBit(NormPlacement placement, bool embeddingNorm, bool nextSentence, bool lowerCase)
    {
        var config = TestModel.Config with { NormPlacement = placement, EmbeddingNorm = embeddingNorm, LayerNormEpsilon = 1e-7, Activation = lowerCase ? Activation.Gelu : Activation.Relu };
        using var model = TestModel.Make(config, nextSentence, lowerCase);
        model.SavePretrained(Folder);
        CollectionAssert.AreEqual(Files, Names());

        using var read = BertModel.FromPretrained(Folder);
        Assert.AreEqual(config with { InitializerRange = config.InitialDeviation }, read.Config);
        Assert.AreEqual(lowerCase, read.Tokenizer.LowerCase);
        Assert.AreEqual(model.Tokenizer.Vocabulary.Sha256, read.Tokenizer.Vocabulary.Sha256);
        Assert.AreEqual(nextSentence, read.NextSentence is not null);
        Assert.AreEqual(model.ParameterCount, read.ParameterCount);
        TestModel.AssertSameBits(model.Weights, read.Weights);
        foreach (var pooling in Enum.GetValues<Pooling>())
            CollectionAssert.AreEqual(TestModel.Embed(model, pooling), TestModel.Embed(read, pooling), $"{pooling}");
    }

    [TestMethod]
    public void SavingTwiceGivesTheSameBytes()
    {
        using var model = TestModel.Make(nextSentence: true);
        model.SavePretrained(Folder);
        using var read = BertModel.FromPretrained(Folder);
        read.SavePretrained(Temporary["again"]);
        foreach (var file in Files) CollectionAssert.AreEqual(File.ReadAllBytes(In(file)), File.ReadAllBytes(Path.Combine(Temporary["again"], file)), file);
    }

    [TestMethod]
    public void TheConfigurationIsHuggingFaces()
    {
        using var model = TestModel.Make(TestModel.Config with { NormPlacement = NormPlacement.Post, InitializerRange = 0.02 }, nextSentence: true);
        model.SavePretrained(Folder);
        Assert.AreEqual(
            """
            {
              "architectures": [
                "BertForPreTraining"
              ],
              "model_type": "bert",
              "vocab_size": 73,
              "hidden_size": 12,
              "num_hidden_layers": 2,
              "num_attention_heads": 3,
              "intermediate_size": 19,
              "max_position_embeddings": 11,
              "type_vocab_size": 2,
              "hidden_act": "gelu",
              "position_embedding_type": "absolute",
              "layer_norm_eps": 1E-12,
              "initializer_range": 0.02,
              "hidden_dropout_prob": 0.1,
              "attention_probs_dropout_prob": 0.1,
              "pad_token_id": 0,
              "torch_dtype": "float32"
            }

            """.ReplaceLineEndings("\n"), File.ReadAllText(In("config.json")).ReplaceLineEndings("\n"));
    }

    [TestMethod]
    [DataRow(NormPlacement.Post, false, "bert", "BertForMaskedLM")]
    [DataRow(NormPlacement.Pre, false, "megatron-bert", "MegatronBertForMaskedLM")]
    [DataRow(NormPlacement.Pre, true, "roberta-prelayernorm", "RobertaPreLayerNormForMaskedLM")]
    [DataRow(NormPlacement.Pre, true, "pld-bert", "PldBertForMaskedLM", Activation.Relu)]
    public void TheModelTypeSaysTheLayout(NormPlacement placement, bool embeddingNorm, string type, string architecture, Activation activation = Activation.Gelu)
    {
        using var model = TestModel.Make(TestModel.Config with { NormPlacement = placement, EmbeddingNorm = embeddingNorm, Activation = activation });
        model.SavePretrained(Folder);
        var config = JsonNode.Parse(File.ReadAllText(In("config.json")))!;
        Assert.AreEqual(type, (string?)config["model_type"]);
        Assert.AreEqual(architecture, (string?)config["architectures"]![0]);
    }

    // The names of transformers' BertForPreTraining, MegatronBertForPreTraining and RobertaPreLayerNormForMaskedLM; the last has a pooler and a head for sentences beside.
    [TestMethod]
    [DataRow(NormPlacement.Post, true, "attention.output.LayerNorm", "output.LayerNorm", "bert.embeddings.LayerNorm")]
    [DataRow(NormPlacement.Pre, false, "attention.ln", "ln", "bert.encoder.ln")]
    [DataRow(NormPlacement.Pre, true, "attention.LayerNorm", "intermediate.LayerNorm", "roberta_prelayernorm.embeddings.LayerNorm", "roberta_prelayernorm.LayerNorm")]
    public void TensorsHaveHuggingFacesNamesAndShapes(NormPlacement placement, bool embeddingNorm, string attentionNorm, string feedForwardNorm, params string[] otherNorms)
    {
        using var model = TestModel.Make(TestModel.Config with { NormPlacement = placement, Layers = 1, EmbeddingNorm = embeddingNorm }, nextSentence: true);
        model.SavePretrained(Folder);
        var isRoberta = otherNorms.Length == 2;
        var encoder = isRoberta ? "roberta_prelayernorm" : "bert";
        var block = $"{encoder}.encoder.layer.0.";
        var (dense, norm, bias) = isRoberta ? ("lm_head.dense", "lm_head.layer_norm", "lm_head.bias") : ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", "cls.predictions.bias");
        string[] expected =
        [
            $"{encoder}.embeddings.word_embeddings.weight [73, 12]", $"{encoder}.embeddings.position_embeddings.weight [{(isRoberta ? 12 : 11)}, 12]",
            $"{encoder}.embeddings.token_type_embeddings.weight [2, 12]",
            .. Linear(block + "attention.self.query", 12, 12), .. Linear(block + "attention.self.key", 12, 12), .. Linear(block + "attention.self.value", 12, 12),
            .. Linear(block + "attention.output.dense", 12, 12), .. Norm(block + attentionNorm),
            .. Linear(block + "intermediate.dense", 19, 12), .. Linear(block + "output.dense", 12, 19), .. Norm(block + feedForwardNorm),
            .. otherNorms.SelectMany(Norm),
            .. Linear($"{encoder}.pooler.dense", 12, 12), .. Linear("cls.seq_relationship", 2, 12),
            .. Linear(dense, 12, 12), .. Norm(norm), $"{bias} [73]",
        ];
        using var file = SafetensorsReader.Open(In("model.safetensors"));
        CollectionAssert.AreEqual(
            expected.Order(StringComparer.Ordinal).ToArray(),
            file.Entries.Select(entry => $"{entry.Name} [{string.Join(", ", entry.Shape)}]").Order(StringComparer.Ordinal).ToArray());
        Assert.IsTrue(file.Entries.All(entry => entry.Type.Name == "F32"));
        Assert.AreEqual("pt", file.Metadata["format"]);

        static string[] Linear(string name, int outputs, int inputs) => [$"{name}.weight [{outputs}, {inputs}]", $"{name}.bias [{outputs}]"];
        static string[] Norm(string name) => [$"{name}.weight [12]", $"{name}.bias [12]"];
    }

    [TestMethod]
    public void OtherTensorsInTheFileArePassedOver()
    {
        using var model = Saved();
        Rewrite(tensors =>
        {
            foreach (var name in new[] { "lm_head.decoder.bias", "roberta_prelayernorm.embeddings.position_ids", "qa_outputs.bias" }) tensors[name] = torch.ones(73);
        });
        using var read = BertModel.FromPretrained(Folder);
        TestModel.AssertSameBits(model.Weights, read.Weights);
        Assert.IsEmpty(read.Report!.Missing);
        Assert.AreEqual("Not used: qa_outputs.bias.", $"{read.Report}"); // the others are buffers and copies
        Assert.IsNull(model.Report);
    }

    [TestMethod]
    public void WithoutTokenizerConfigurationTextIsPutInLowerCase()
    {
        Saved(lowerCase: false).Dispose();
        File.Delete(In("tokenizer.json"));
        foreach (var json in new[] { null, "{}" })
        {
            File.Delete(In("tokenizer_config.json"));
            if (json is not null) File.WriteAllText(In("tokenizer_config.json"), json);
            using var read = BertModel.FromPretrained(Folder);
            Assert.IsTrue(read.Tokenizer.LowerCase);
        }
    }

    [TestMethod]
    public void NotANumberIsAValueLikeAnyOther()
    {
        using var model = TestModel.Make();
        using (torch.no_grad()) model.Weights.All[^1].Value.fill_(float.NaN);
        model.SavePretrained(Folder);
        using var read = BertModel.FromPretrained(Folder);
        TestModel.AssertSameBits(model.Weights, read.Weights);
    }

    [TestMethod]
    public void APathThatIsAFileOrUnderOneIsNamed()
    {
        using var model = TestModel.Make();
        File.WriteAllText(Temporary["occupied"], "a file");
        foreach (var path in new[] { Temporary["occupied"], Path.Combine(Temporary["occupied"], "model") })
            StringAssert.Contains(Assert.Throws<IOException>(() => model.SavePretrained(path)).Message, Temporary["occupied"]);
        Assert.AreEqual("a file", File.ReadAllText(Temporary["occupied"]));
    }

    [TestMethod]
    public void AFolderThatCannotBeWrittenToIsNamed()
    {
        if (!OperatingSystem.IsLinux()) Assert.Inconclusive("/proc, where nobody may write, is Linux's.");
        using var model = TestModel.Make();
        var failure = Assert.Throws<Exception>(() => model.SavePretrained("/proc/self/task"));
        Assert.IsTrue(failure is IOException or UnauthorizedAccessException, $"{failure}");
        StringAssert.Contains(failure.Message, "/proc/self/task");
    }

    [TestMethod]
    public void AFullDiskLeavesTheOldModelWhole()
    {
        using var disk = SmallDisk.Mount(Folder, kilobytes: 128);
        using var old = TestModel.Make();
        old.SavePretrained(Folder);
        using var larger = TestModel.Make(TestModel.Config with { Layers = 20 }, vocabulary: CorpusFolder.Plain(73));
        Assert.Throws<IOException>(() => larger.SavePretrained(Folder));
        CollectionAssert.AreEqual(Files, Names());
        Assert.IsEmpty(Directory.GetDirectories(Folder));
        using var read = BertModel.FromPretrained(Folder);
        TestModel.AssertSameBits(old.Weights, read.Weights);
        Assert.AreEqual(old.Tokenizer.Vocabulary.Sha256, read.Tokenizer.Vocabulary.Sha256);
    }

    [TestMethod]
    public void ANewModelTakesTheOldOnesPlace()
    {
        TestModel.Make(TestModel.Config with { Layers = 3 }, nextSentence: true).SavePretrained(Folder);
        using var model = Saved(lowerCase: false);
        CollectionAssert.AreEqual(Files, Names());
        using var read = BertModel.FromPretrained(Folder);
        TestModel.AssertSameBits(model.Weights, read.Weights);
        Assert.IsFalse(read.Tokenizer.LowerCase);
    }

    [TestMethod]
    public void DisposedItSaysSo()
    {
        var model = TestModel.Make();
        model.Dispose();
        model.Dispose();
        foreach (var use in new Action[] { () => model.SavePretrained(Folder), () => TestModel.Embed(model), () => _ = model.ParameterCount, () => _ = model.Weights })
            StringAssert.Contains(Assert.ThrowsExactly<ObjectDisposedException>(use).Message, nameof(BertModel));
        Assert.IsFalse(Directory.Exists(Folder));
    }

    private string[] Names() => [.. Directory.GetFileSystemEntries(Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
