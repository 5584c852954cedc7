using System.Text;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class HuggingFaceConfigTests
{
    // As published with bert-base-uncased.
    private const string BertBaseUncased =
        """
        {
          "architectures": [
            "BertForMaskedLM"
          ],
          "attention_probs_dropout_prob": 0.1,
          "gradient_checkpointing": false,
          "hidden_act": "gelu",
          "hidden_dropout_prob": 0.1,
          "hidden_size": 768,
          "initializer_range": 0.02,
          "intermediate_size": 3072,
          "layer_norm_eps": 1e-12,
          "max_position_embeddings": 512,
          "model_type": "bert",
          "num_attention_heads": 12,
          "num_hidden_layers": 12,
          "pad_token_id": 0,
          "position_embedding_type": "absolute",
          "transformers_version": "4.6.0.dev0",
          "type_vocab_size": 2,
          "use_cache": true,
          "vocab_size": 30522
        }
        """;

    [TestMethod]
    public void AByteOrderMarkIsPassedOver() =>
        Assert.AreEqual(Parse(BertBaseUncased, "config.json"), HuggingFaceConfig.Parse([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(BertBaseUncased)], "config.json").Config);

    [TestMethod]
    public void BertBaseUncasedIsBertBaseWithPostNorm() =>
        Assert.AreEqual(BertConfig.Base with { NormPlacement = NormPlacement.Post, InitializerRange = 0.02 }, Parse(BertBaseUncased, "config.json"));

    // The first BERTs' files, from before there were other models.
    [TestMethod]
    public void WithoutAModelTypeItIsBert() =>
        Assert.AreEqual(Parse(BertBaseUncased, "config.json"), Parse(BertBaseUncased.Replace("\"model_type\": \"bert\",", ""), "config.json"));

    [TestMethod]
    [DataRow("""{"architectures": ["BertForTokenClassification"]}""", 3, "has architectures 'BertForTokenClassification'; expected a class that ends in ForSequenceClassification")]
    [DataRow("""{"architectures": ["BertForSequenceClassification"], "problem_type": "multi_label_classification"}""", 3, "has problem_type 'multi_label_classification' and 3 outputs")]
    [DataRow("""{"problem_type": "regression"}""", 2, "has problem_type 'regression' and 2 outputs")]
    public void OtherTasksAreRefused(string json, int outputs, string message) => StringAssert.Contains(
        Assert.ThrowsExactly<InvalidDataException>(() => HuggingFaceConfig.ParseTask(Encoding.UTF8.GetBytes(json), "config.json", outputs)).Message, message);

    [TestMethod]
    [DataRow("""{"id2label": {"0": "a", "1": "b"}}""", "a b")]
    [DataRow("""{"architectures": null, "id2label": {"1": "b", "0": "a"}, "problem_type": null}""", "a b")]
    [DataRow("""{"id2label": {"0": "a"}}""", null)]
    [DataRow("""{"id2label": {"0": "a", "1": "a"}}""", null)]
    [DataRow("""{"id2label": {"0": "a", "2": "b"}}""", null)]
    [DataRow("{}", null)]
    public void LabelsAreNamesOrNone(string json, string? names) =>
        Assert.AreEqual(names, HuggingFaceConfig.ParseTask(Encoding.UTF8.GetBytes(json), "config.json", 2) is { } labels ? string.Join(' ', labels) : null);

    [TestMethod]
    public void WhatIsNotSaidIsHuggingFacesDefault()
    {
        var config = Parse(
            """{"model_type": "megatron-bert", "vocab_size": 9, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 5, "max_position_embeddings": 6}""", "x");
        Assert.AreEqual(
            new BertConfig { VocabularySize = 9, HiddenSize = 4, Layers = 1, AttentionHeads = 2, IntermediateSize = 5, MaxPositions = 6, EmbeddingNorm = false }, config);
        Assert.AreEqual((2, 1e-12, Activation.Gelu, NormPlacement.Pre), (config.TypeVocabularySize, config.LayerNormEpsilon, config.Activation, config.NormPlacement));
    }

    [TestMethod]
    [DataRow("relative_key")]
    [DataRow("relative_key_query")]
    public void RelativePositionsAreRefused(string type) => StringAssert.Contains(
        Assert.ThrowsExactly<InvalidDataException>(() => Parse(BertBaseUncased.Replace("\"absolute\"", $"\"{type}\""), "some/config.json")).Message,
        $"'some/config.json' has position_embedding_type '{type}'; expected 'absolute'.");

    [TestMethod]
    [DataRow("\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": 0", "LayerNormEpsilon is 0")]
    [DataRow("\"initializer_range\": 0.02", "\"initializer_range\": -1", "InitializerRange is -1")]
    [DataRow("\"hidden_size\": 768", "\"hidden_size\": 770", "HiddenSize 770 is not divisible by AttentionHeads 12")]
    public void ValuesOutOfRangeAreNamed(string there, string changed, string message)
    {
        Assert.Contains(there, BertBaseUncased);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Parse(BertBaseUncased.Replace(there, changed), "config.json")).Message, message);
    }

    [TestMethod]
    public void AllProblemsAreInOneMessage()
    {
        var message = Assert.ThrowsExactly<InvalidDataException>(() => Parse(
            BertBaseUncased.Replace("\"vocab_size\": 30522", "\"vocab_size\": 0").Replace("512", "1"), "config.json")).Message;
        StringAssert.Contains(message, "VocabularySize is 0");
        StringAssert.Contains(message, "MaxPositions is 1");
    }

    [TestMethod]
    public void EveryLayoutComesBack()
    {
        foreach (var preset in new[] { BertConfig.Tiny, BertConfig.Mini, BertConfig.Small, BertConfig.Medium, BertConfig.Base, BertConfig.Large })
            foreach (var config in new[]
            {
                preset with { InitializerRange = 0.01 },
                preset with { InitializerRange = 0.01, EmbeddingNorm = false, Activation = Activation.Relu },
                preset with { InitializerRange = 0.01, Activation = Activation.GeluTanh },
                preset with { InitializerRange = 0.01, NormPlacement = NormPlacement.Post, LayerNormEpsilon = 1e-5 },
            })
                Assert.AreEqual(config, Parse(HuggingFaceConfig.From(new(config, new WordPieceTokenizer(CorpusFolder.Letters), NetworkDescription.Pretraining)).ToJson(), "config.json"));
    }

    private static BertConfig Parse(string json, string source) => HuggingFaceConfig.Parse(Encoding.UTF8.GetBytes(json), source).Config;
}
