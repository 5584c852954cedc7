using System.Text.Json.Nodes;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class BertModelTests
{
    private static readonly string[] Files = ["README.md", "config.json", "model.safetensors", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"];

    private readonly TemporaryFolder _folder = new();

    private string Folder => _folder["model"];

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

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
        read.SavePretrained(_folder["again"]);
        foreach (var file in Files) CollectionAssert.AreEqual(File.ReadAllBytes(In(file)), File.ReadAllBytes(Path.Combine(_folder["again"], file)), file);
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
    public void AMissingFolderIsNamed() =>
        StringAssert.Contains(Assert.ThrowsExactly<DirectoryNotFoundException>(() => BertModel.FromPretrained(Folder)).Message, $"'{Folder}' does not exist");

    [TestMethod]
    [DataRow("config.json")]
    [DataRow("vocab.txt", "tokenizer.json")]
    [DataRow("model.safetensors")]
    public void AMissingFileIsNamed(params string[] files)
    {
        Saved().Dispose();
        foreach (var file in files) File.Delete(In(file));
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => BertModel.FromPretrained(Folder)).Message, $"'{Folder}' has no {files[0]}");
    }

    [TestMethod]
    [DataRow("config.json", "vocab_size: 73", "config.json' is not a model configuration in JSON")]
    [DataRow("config.json", "null", "config.json' is not a model configuration in JSON")]
    [DataRow("config.json", "[1]", "config.json' is not a model configuration in JSON")]
    [DataRow("tokenizer_config.json", "[1]", "tokenizer_config.json' is not a tokenizer's configuration in JSON")]
    [DataRow("tokenizer_config.json", "{", "tokenizer_config.json' is not a tokenizer's configuration in JSON")]
    [DataRow("tokenizer_config.json", """{"do_lower_case": "no"}""", "tokenizer_config.json' is not a tokenizer's configuration in JSON")]
    [DataRow("vocab.txt", "", "vocab.txt' is empty")]
    [DataRow("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n", "vocab.txt' (5 pieces) lacks [MASK]")]
    [DataRow("model.safetensors", "weights", "model.safetensors' is not the safetensors file expected")]
    public void AFileThatIsSomethingElseIsRefused(string file, string text, string message)
    {
        Saved().Dispose();
        File.WriteAllText(In(file), text);
        AssertRefused(message);
    }

    [TestMethod]
    public void AHugeConfigurationIsNotReadIntoMemory()
    {
        Saved().Dispose();
        using (var file = File.OpenWrite(In("config.json"))) file.SetLength(1L << 33);
        AssertRefused("config.json' has 8589934592 bytes; expected at most 1048576");
    }

    [TestMethod]
    [DataRow("model_type", "\"gpt2\"", "has model_type 'gpt2'; expected one of 'bert', 'megatron-bert', 'roberta-prelayernorm', 'pld-bert'")]
    [DataRow("vocab_size", null, "has no 'vocab_size'")]
    [DataRow("hidden_size", null, "has no 'hidden_size'")]
    [DataRow("num_hidden_layers", null, "has no 'num_hidden_layers'")]
    [DataRow("num_attention_heads", null, "has no 'num_attention_heads'")]
    [DataRow("intermediate_size", null, "has no 'intermediate_size'")]
    [DataRow("max_position_embeddings", null, "has no 'max_position_embeddings'")]
    [DataRow("hidden_size", "13", "HiddenSize 13 is not divisible by AttentionHeads 3")]
    [DataRow("hidden_size", "\"12\"", "is not a model configuration in JSON")]
    [DataRow("hidden_act", "\"swish\"", "has hidden_act 'swish'; expected 'gelu', 'gelu_python'")]
    [DataRow("hidden_act", "\"gelu_new\"", "has hidden_act 'gelu_new'; expected 'gelu' with this model_type")]
    [DataRow("is_decoder", "true", "has is_decoder 'true'; expected an encoder")]
    [DataRow("add_cross_attention", "true", "has add_cross_attention 'true'; expected an encoder")]
    [DataRow("tie_word_embeddings", "false", "has tie_word_embeddings 'false'")]
    [DataRow("quantization_config", "{\"bits\": 4}", "has quantization_config 'there'")]
    [DataRow("pad_token_id", "-5", "has pad_token_id '-5'")]
    [DataRow("num_hidden_layers", "-1", "Layers is -1")]
    [DataRow("hidden_size", "2147483646", "HiddenSize is 2147483646; expected 1 to 16777216")]
    [DataRow("hidden_size", "1e3", "is not a model configuration in JSON")]
    public void AConfigurationThatCannotBeIsRefused(string field, string? json, string message)
    {
        Saved().Dispose();
        SetConfig(field, json);
        StringAssert.Contains(AssertRefused(message), In("config.json"));
    }

    // Each would be at least 10 GB: refused from what the file of weights holds, before memory is taken.
    [TestMethod]
    [DataRow("hidden_size", 12_000_000)]
    [DataRow("intermediate_size", 16_000_000)]
    [DataRow("num_hidden_layers", 16_000_000)]
    [DataRow("max_position_embeddings", 16_000_000)]
    public void SizesBeyondTheWeightsAreRefusedBeforeMemoryIsTaken(string field, int value)
    {
        Saved().Dispose();
        SetConfig(field, $"{value}");
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        AssertRefused("weights, but 'config.json' describes an encoder of at least");
        Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void TruncatedWeightsAreRefused()
    {
        Saved().Dispose();
        var whole = File.ReadAllBytes(In("model.safetensors"));
        foreach (var length in new[] { 0, 7, 100, whole.Length / 2, whole.Length - 1 })
        {
            File.WriteAllBytes(In("model.safetensors"), whole[..length]);
            AssertRefused("model.safetensors' is not the safetensors file expected");
        }
    }

    [TestMethod]
    public void AMissingTensorIsNamed()
    {
        Saved().Dispose();
        Rewrite(tensors => tensors.Remove("roberta_prelayernorm.encoder.layer.1.output.dense.bias"));
        AssertRefused("it has no tensor 'roberta_prelayernorm.encoder.layer.1.output.dense.bias'");
    }

    [TestMethod]
    public void ATensorOfAnotherShapeIsNamedAndNothingLeaks()
    {
        Saved().Dispose();
        Rewrite(tensors => tensors["roberta_prelayernorm.LayerNorm.bias"] = torch.zeros(13));
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        AssertRefused("tensor 'roberta_prelayernorm.LayerNorm.bias' has the shape [13]; expected [12]");
        Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
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
        File.WriteAllText(_folder["occupied"], "a file");
        foreach (var path in new[] { _folder["occupied"], Path.Combine(_folder["occupied"], "model") })
            StringAssert.Contains(Assert.Throws<IOException>(() => model.SavePretrained(path)).Message, _folder["occupied"]);
        Assert.AreEqual("a file", File.ReadAllText(_folder["occupied"]));
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

    [TestMethod]
    public void DevicesAreCheckedBeforeTheFolderIsRead()
    {
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => BertModel.FromPretrained(Folder, "tpu")).Message, "Device is 'tpu'");
        if (torch.cuda_is_available()) Assert.Inconclusive("For machines without a CUDA device, and this one has one.");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => BertModel.FromPretrained(Folder, "cuda")).Message, "sees no CUDA device");
    }

    private BertModel Saved(bool lowerCase = true)
    {
        var model = TestModel.Make(lowerCase: lowerCase);
        model.SavePretrained(Folder);
        return model;
    }

    private string In(string file) => Path.Combine(Folder, file);

    private string[] Names() => [.. Directory.GetFileSystemEntries(Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private void SetConfig(string field, string? json)
    {
        var config = JsonNode.Parse(File.ReadAllText(In("config.json")))!.AsObject();
        config.Remove(field);
        if (json is not null) config[field] = JsonNode.Parse(json);
        File.WriteAllText(In("config.json"), config.ToJsonString());
    }

    private void Rewrite(Action<Dictionary<string, torch.Tensor>> change)
    {
        using var scope = torch.NewDisposeScope();
        Dictionary<string, torch.Tensor> tensors;
        using (var file = SafetensorsReader.Open(In("model.safetensors"))) tensors = file.ReadAll();
        change(tensors);
        SafetensorsWriter.Write(In("model.safetensors"), tensors);
    }

    private string AssertRefused(string message)
    {
        var failure = Assert.ThrowsExactly<InvalidDataException>(() => BertModel.FromPretrained(Folder).Dispose());
        StringAssert.Contains(failure.Message, message);
        return failure.Message;
    }
}
