using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Models in model.zip that somebody has altered and made the checksums right again: what the fuzz bench has found, and its like.</summary>
[TestClass]
public sealed class HostileModelTests
{
    private const string Settings = "settings.json", Config = "config.json", Weights = "model.safetensors";

    private static readonly MLContext MLContext = new(seed: 1);

    [TestMethod]
    public void WhatIsNotAlteredLoads()
    {
        Altered<PldBertTransformer>(EncoderParts(), Settings, _ => { }).Dispose();
        Altered<PldBertMulticlassTransformer>(ClassifierParts(), Settings, _ => { }).Dispose();
    }

    [TestMethod]
    [DataRow("maxLength", "12", "MaxLength is 12; expected 2 to 11")] // more than there are positions: an exception of libtorch's while scoring
    [DataRow("maxLength", "1", "MaxLength is 1; expected 2 to 11")]
    [DataRow("maxLength", "-2147483648", "MaxLength is -2147483648; expected 2 to 11")]
    [DataRow("pooling", "7", "Pooling is 7")]
    [DataRow("precision", "-1", "Precision is -1")]
    [DataRow("inputColumnName", "\"\"", "a column has no name")]
    [DataRow("outputColumnName", "\" \"", "a column has no name")]
    [DataRow("outputColumnName", "null", "'settings.json'")]
    [DataRow("maxLength", "true", "'settings.json'")]
    public void SettingsThatScoringCannotDoAreRefused(string name, string value, string expected) =>
        AssertRefused(() => Altered<PldBertTransformer>(EncoderParts(), Settings, json => json[name] = JsonNode.Parse(value)), expected);

    [TestMethod]
    public void APairNeedsRoomForThreeSpecialPieces() =>
        AssertRefused(() => Altered<PldBertMulticlassTransformer>(ClassifierParts(), Settings, json => (json["sentence2ColumnName"], json["maxLength"]) = ("Other", 2)), "MaxLength is 2; expected 3 to 11");

    [TestMethod]
    [DataRow("layers", 16_777_216)]
    [DataRow("hiddenSize", 12_000_000)]
    [DataRow("maxPositions", 16_000_000)]
    [DataRow("intermediateSize", 16_777_216)]
    public void AnArchitectureThatTheWeightsCannotBeOfTakesNoMemory(string name, int value) =>
        AssertRefused(() => Altered<PldBertTransformer>(EncoderParts(), Config, json => json["config"]![name] = value), "describes an encoder of at least");

    [TestMethod]
    public void WholeNumbersAreNoWeights()
    {
        // As many as there would have to be, a byte each: the encoder would take four times the file, or eight.
        var parts = EncoderParts();
        var count = (long)TestModel.Config.MatrixWeights;
        var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, new Dictionary<string, torch.Tensor> { ["a"] = torch.zeros(count, dtype: torch.int8) });
        parts[Weights] = stream.ToArray();
        AssertRefused(() => Load<PldBertTransformer>(parts), "has 0 weights, but 'config.json' describes an encoder of at least");
    }

    [TestMethod]
    public void AListOfPartsThatIsNoneIsRefused()
    {
        foreach (var list in new byte[][] { [], [1, 0, 0], [255, 255, 255, 127], [255, 255, 255, 255], [1, 0, 0, 0, 255, 255, 255, 255, 15], [2, 0, 0, 0, 1, 65, .. new byte[32], 1, 65, .. new byte[32]] })
            AssertRefused(() => SavedEntries.ReadHashes(new BinaryReader(new MemoryStream(list)), "M"), "The list of parts of the saved model 'M' is damaged");
    }

    private static Dictionary<string, byte[]> EncoderParts()
    {
        using var transformer = new PldBertTransformer(MLContext, "Text", "Features", TestModel.Make(), Pooling.Mean, maxLength: 11, Precision.Float32);
        return Parts(transformer.Entries);
    }

    private static Dictionary<string, byte[]> ClassifierParts()
    {
        var rows = MLContext.Data.LoadFromEnumerable(new[] { "a", "b", "c", "d" }.Select((text, row) => new ContractRow { Text = text, Class = $"{row % 2}" }));
        var trainer = MLContext.MulticlassClassification.Trainers.PldBert(new PldBertMulticlassTrainer.Options
        {
            Sentence1ColumnName = nameof(ContractRow.Text), Config = TestModel.Config, Vocabulary = CorpusFolder.Letters, Runtime = TestCorpus.Runtime, FineTuning = new() { Steps = 1, MaxLength = 11 },
        });
        using var transformer = trainer.Fit(MLContext.Transforms.Conversion.MapValueToKey("Label", nameof(ContractRow.Class)).Fit(rows).Transform(rows));
        return Parts(transformer.Entries);
    }

    private static Dictionary<string, byte[]> Parts(IEnumerable<ModelEntry> entries) => entries.ToDictionary(entry => entry.Name, entry =>
    {
        var stream = new MemoryStream();
        entry.Write(stream);
        return stream.ToArray();
    });

    private static T Altered<T>(Dictionary<string, byte[]> parts, string name, Action<JsonNode> alter) where T : ILoadableModel<T>
    {
        var json = JsonNode.Parse(parts[name])!;
        alter(json);
        parts[name] = Encoding.UTF8.GetBytes(json.ToJsonString());
        return Load<T>(parts);
    }

    private static T Load<T>(Dictionary<string, byte[]> parts) where T : ILoadableModel<T> => T.Load(MLContext, new SavedEntries("M", parts.ToDictionary(part => part.Key, part => SHA256.HashData(part.Value)), (name, read) =>
    {
        if (!parts.TryGetValue(name, out var bytes)) return false;
        read(new MemoryStream(bytes));
        return true;
    }));

    private static void AssertRefused(Func<object> load, string expected) => StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(load).Message, expected);
}
