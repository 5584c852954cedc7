using OnnxScoring;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>What ONNX Runtime makes of an exported encoder, against this library.</summary>
[TestClass]
public sealed class OnnxEncoderTests
{
    private static readonly BertConfig Odd = new() { HiddenSize = 26, Layers = 3, AttentionHeads = 2, IntermediateSize = 37, MaxPositions = 23, LayerNormEpsilon = 1e-7 };

    private static readonly string[] Texts = ["a Cat sat.", "", "1, 2, 3!", "the quick brown fox, and so on and so on", "x"];

    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    [TestMethod]
    [DataRow(NormPlacement.Pre, true, Activation.Gelu, Pooling.Cls)]
    [DataRow(NormPlacement.Pre, false, Activation.GeluTanh, Pooling.Mean)]
    [DataRow(NormPlacement.Pre, true, Activation.Relu, Pooling.Max)]
    [DataRow(NormPlacement.Post, true, Activation.Gelu, Pooling.Mean)]
    [DataRow(NormPlacement.Post, true, Activation.GeluTanh, Pooling.Cls)]
    public void EveryArchitectureGivesTheSameVectors(NormPlacement placement, bool embeddingNorm, Activation activation, Pooling pooling)
    {
        using var transformer = Make(Odd with { NormPlacement = placement, EmbeddingNorm = embeddingNorm, Activation = activation }, pooling);
        using var onnx = Export(transformer);
        foreach (var texts in Texts.Select(text => new[] { text }).Append(Texts))
        {
            var (tokens, vectors) = Ours(transformer, texts, pooling);
            var theirs = onnx.Run(Encode(transformer, texts), transformer.Model.Tokenizer.Vocabulary.PadId);
            AssertClose(vectors, theirs["sentence_embedding"], 1e-5);
            AssertCloseTokens(transformer, texts, tokens, theirs["token_embeddings"], 1e-5);
        }
    }

    [TestMethod]
    public void PairsHaveTheirTypes()
    {
        using var transformer = Make(Odd, Pooling.Mean);
        using var onnx = Export(transformer);
        var pair = transformer.Model.Tokenizer.Encode("a cat", "a dog", 23);
        var ours = transformer.Model.Embed([pair], Pooling.Mean, torch.float32);
        AssertClose(ours, onnx.Run([pair], 0)["sentence_embedding"], 1e-5);
        var single = onnx.Run([pair with { TypeIds = new int[pair.Ids.Length] }], 0)["sentence_embedding"];
        Assert.IsGreaterThan(1e-3f, ours.Zip(single, (a, b) => Math.Abs(a - b)).Max());
    }

    [TestMethod]
    [DataRow(OnnxPrecision.Float16, 0.02)]
    [DataRow(OnnxPrecision.Int8, 0.15)]
    public void SmallerFormatsAreNear(OnnxPrecision precision, double tolerance)
    {
        using var transformer = Make(Odd with { HiddenSize = 64, AttentionHeads = 4, IntermediateSize = 256 }, Pooling.Mean);
        using var onnx = Export(transformer, new() { Precision = precision });
        var (_, expected) = Ours(transformer, Texts, Pooling.Mean);
        var actual = onnx.Run(Encode(transformer, Texts), 0)["sentence_embedding"];
        AssertClose(expected, actual, tolerance); // of numbers with deviation 1
        Assert.IsGreaterThan(0, expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max());
    }

    [TestMethod]
    public void EightBitsAreAQuarterOfTheSize()
    {
        using var transformer = Make(BertConfig.Mini with { Layers = 4, MaxPositions = 64 }, Pooling.Mean);
        long Size(OnnxPrecision precision)
        {
            using var stream = new MemoryStream();
            transformer.SaveAsOnnx(stream, new() { Precision = precision });
            return stream.Length;
        }
        var whole = Size(OnnxPrecision.Float32);
        Assert.IsLessThan(0.3, Size(OnnxPrecision.Int8) / (double)whole);
        Assert.IsLessThan(0.51, Size(OnnxPrecision.Float16) / (double)whole);
    }

    [TestMethod]
    public void WeightsMayHaveAFileOfTheirOwn()
    {
        using var transformer = Make(Odd, Pooling.Mean);
        var (inline, external) = (_folder["inline/model.onnx"], _folder["external/model.onnx"]);
        transformer.SaveAsOnnx(inline);
        transformer.SaveAsOnnx(external, new() { ExternalData = true, Tokenizer = false });
        CollectionAssert.AreEquivalent(
            new[] { "model.onnx", "vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json" }, Directory.GetFiles(_folder["inline"]).Select(Path.GetFileName).ToArray());
        CollectionAssert.AreEquivalent(new[] { "model.onnx", "model.onnx.data" }, Directory.GetFiles(_folder["external"]).Select(Path.GetFileName).ToArray());
        Assert.IsGreaterThan(new FileInfo(external).Length, new FileInfo($"{external}.data").Length);
        Assert.IsTrue(TokenizerFiles.Read(_folder["inline"]).IsSameAs(transformer.Model.Tokenizer));
        using var one = new TokenSession(inline);
        using var two = new TokenSession(external);
        var texts = Encode(transformer, Texts);
        CollectionAssert.AreEqual(one.Run(texts, 0)["sentence_embedding"], two.Run(texts, 0)["sentence_embedding"]);

        transformer.SaveAsOnnx(external, new() { Tokenizer = false }); // all in one again; the old file is not ours to delete
        using var three = new TokenSession(external);
        CollectionAssert.AreEqual(one.Run(texts, 0)["sentence_embedding"], three.Run(texts, 0)["sentence_embedding"]);
    }

    [TestMethod]
    public void TheModelSaysWhatItIs()
    {
        using var transformer = Make(Odd, Pooling.Max);
        using var onnx = Export(transformer);
        CollectionAssert.AreEqual(new[] { "input_ids", "attention_mask", "token_type_ids" }, onnx.Inputs.Keys.ToArray());
        CollectionAssert.AreEqual(new[] { "token_embeddings", "sentence_embedding" }, onnx.Outputs.Keys.ToArray());
        CollectionAssert.AreEqual(new[] { -1, -1, 26 }, onnx.Outputs["token_embeddings"].Dimensions);
        CollectionAssert.AreEqual(new[] { "batch", "sequence", "" }, onnx.Outputs["token_embeddings"].SymbolicDimensions);
        Assert.AreEqual(("Max", "23", "true"), (onnx.Metadata["pooling"], onnx.Metadata["max_length"], onnx.Metadata["lower_case"]));
    }

    // As servers fill up batches: numbers that mean nothing, and harm nobody.
    [TestMethod]
    [DataRow(Pooling.Cls, OnnxPrecision.Float32)]
    [DataRow(Pooling.Mean, OnnxPrecision.Float32)]
    [DataRow(Pooling.Mean, OnnxPrecision.Float16)]
    [DataRow(Pooling.Max, OnnxPrecision.Int8)]
    public void ARowOfPaddingIsANumberAndChangesNoOther(Pooling pooling, OnnxPrecision precision)
    {
        using var transformer = Make(Odd, pooling);
        using var onnx = Export(transformer, new() { Precision = precision });
        var texts = Encode(transformer, Texts);
        var filler = new TokenizedText(new int[4], new int[4], new int[4]);
        var with = onnx.Run([.. texts, filler], 0)["sentence_embedding"];
        Assert.IsTrue(with.All(float.IsFinite));
        if (precision == OnnxPrecision.Int8) return; // its range is that of the batch
        AssertClose(onnx.Run(texts, 0)["sentence_embedding"], with[..^Odd.HiddenSize], precision == OnnxPrecision.Float16 ? 1e-2 : 1e-5);
    }

    [TestMethod]
    public void AFullDiskLeavesTheOldModelWhole()
    {
        using var disk = SmallDisk.Mount(_folder["disk"], kilobytes: 256);
        using var transformer = Make(Odd, Pooling.Mean);
        var path = Path.Combine(_folder["disk"], "model.onnx");
        transformer.SaveAsOnnx(path);
        var before = Directory.GetFiles(_folder["disk"]).ToDictionary(file => file, File.ReadAllBytes);
        using var larger = Make(Odd with { Layers = 40 }, Pooling.Mean);
        Assert.Throws<IOException>(() => larger.SaveAsOnnx(path));
        Assert.IsEmpty(Directory.GetDirectories(_folder["disk"]));
        foreach (var (file, bytes) in before) CollectionAssert.AreEqual(bytes, File.ReadAllBytes(file), file);
    }

    [TestMethod]
    public void TheSameModelIsTheSameBytes()
    {
        using var transformer = Make(Odd, Pooling.Mean);
        CollectionAssert.AreEqual(Bytes(transformer), Bytes(transformer));
    }

    [TestMethod]
    public void WhatCannotBeIsRefused()
    {
        using var transformer = Make(Odd, Pooling.Mean);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => transformer.SaveAsOnnx(_folder["x.onnx"], new() { Precision = (OnnxPrecision)7 })).Message, "Precision is 7");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => transformer.SaveAsOnnx(new MemoryStream(), new() { ExternalData = true })).Message, "a stream has no file beside it");
        Assert.ThrowsExactly<ArgumentNullException>(() => transformer.SaveAsOnnx((Stream)null!));
        Assert.IsFalse(File.Exists(_folder["x.onnx"]));
        transformer.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => transformer.SaveAsOnnx(new MemoryStream()));
    }

    private static PldBertTransformer Make(BertConfig config, Pooling pooling) =>
        new(new MLContext(seed: 1), "Text", "Features", TestModel.Make(config), pooling, config.MaxPositions, Precision.Float32);

    private static byte[] Bytes(PldBertTransformer transformer, OnnxExportOptions? options = null)
    {
        using var stream = new MemoryStream();
        transformer.SaveAsOnnx(stream, options);
        return stream.ToArray();
    }

    private static TokenSession Export(PldBertTransformer transformer, OnnxExportOptions? options = null) => new(Bytes(transformer, options));

    private static TokenizedText[] Encode(PldBertTransformer transformer, IEnumerable<string> texts) =>
        [.. texts.Select(text => transformer.Model.Tokenizer.Encode(text, maxLength: transformer.Model.Config.MaxPositions))];

    private static (float[] Tokens, float[] Vectors) Ours(PldBertTransformer transformer, string[] texts, Pooling pooling)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var model = transformer.Model;
        var batch = TokenBatch.Pad(Encode(transformer, texts), model.Tokenizer.Vocabulary.PadId, torch.CPU, firstsOnly: false);
        var tokens = model.Encoder.Normalize(model.Encoder.Apply(batch, LayerPlan.Dense(model.Config.Layers), torch.float32)).data<float>().ToArray();
        return (tokens, model.Embed(Encode(transformer, texts), pooling, torch.float32));
    }

    private static void AssertCloseTokens(PldBertTransformer transformer, string[] texts, float[] expected, float[] actual, double tolerance)
    {
        var encoded = Encode(transformer, texts);
        var (length, hidden) = (encoded.Max(text => text.Ids.Length), transformer.Model.Config.HiddenSize);
        for (var row = 0; row < texts.Length; row++)
        {
            var real = (row * length * hidden)..((row * length + encoded[row].Ids.Length) * hidden);
            AssertClose(expected[real], actual[real], tolerance);
        }
    }

    private static void AssertClose(float[] expected, float[] actual, double tolerance)
    {
        Assert.HasCount(expected.Length, actual);
        for (var i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], actual[i], tolerance, $"at {i}");
    }
}
