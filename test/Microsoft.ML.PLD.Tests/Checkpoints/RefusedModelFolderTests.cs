using System.Text.Json.Nodes;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Model folders that lack something, are damaged, or of another model: refused by name, and nothing is left behind.</summary>
[TestClass]
public sealed class RefusedModelFolderTests : ModelFolderFixture
{
    [TestMethod]
    public void AMissingFolderIsNamed()
    {
        StringAssert.Contains(Assert.ThrowsExactly<DirectoryNotFoundException>(() => BertModel.FromPretrained(Folder)).Message, $"'{Folder}' does not exist");
        var message = Assert.ThrowsExactly<DirectoryNotFoundException>(() => BertModel.FromPretrained("bert-base-uncased")).Message;
        StringAssert.Contains(message, $"(full path '{Path.GetFullPath("bert-base-uncased")}'). Nothing is downloaded");
    }

    [TestMethod]
    public void AFileOrNoNameIsNoFolder()
    {
        Saved().Dispose();
        var message = Assert.ThrowsExactly<DirectoryNotFoundException>(() => BertModel.FromPretrained(In("config.json"))).Message;
        StringAssert.Contains(message, "config.json' is a file; expected a model folder. mlContext.Model.Load reads");
        Assert.AreEqual("folder", Assert.ThrowsExactly<ArgumentException>(() => BertModel.FromPretrained("")).ParamName);
        Assert.AreEqual("folder", Assert.ThrowsExactly<ArgumentNullException>(() => BertModel.FromPretrained(null!)).ParamName);
    }

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
    [DataRow("quantization_config", "{\"bits\": 4}", "has a quantization_config; quantized weights cannot be read")]
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
    public void DevicesAreCheckedBeforeTheFolderIsRead()
    {
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => BertModel.FromPretrained(Folder, "tpu")).Message, "Device is 'tpu'");
        if (torch.cuda_is_available()) Assert.Inconclusive("For machines without a CUDA device, and this one has one.");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => BertModel.FromPretrained(Folder, "cuda")).Message, "sees no CUDA device");
    }

    private void SetConfig(string field, string? json)
    {
        var config = JsonNode.Parse(File.ReadAllText(In("config.json")))!.AsObject();
        config.Remove(field);
        if (json is not null) config[field] = JsonNode.Parse(json);
        File.WriteAllText(In("config.json"), config.ToJsonString());
    }

    private string AssertRefused(string message)
    {
        var failure = Assert.ThrowsExactly<InvalidDataException>(() => BertModel.FromPretrained(Folder).Dispose());
        StringAssert.Contains(failure.Message, message);
        return failure.Message;
    }
}
