using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class HostileModelTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    public static IEnumerable<object[]> Parts => HostileFile.Of("model.zip");

    [TestMethod]
    [DynamicData(nameof(Parts))]
    public void PartsWithTheRightHashAreRefused(string name)
    {
        TorchRuntime.EnsureLoaded();
        var hostile = HostileFile.Read("model.zip", name);
        var parts = Saved();
        var part = parts.Keys.Append("labels.json").Single(part => name.StartsWith(part, StringComparison.Ordinal));
        parts[part] = hostile;
        // The labels of a classifier cannot be refused before its settings are read.
        if (part == "labels.json") parts["settings.json"] = """
            {"sentence1ColumnName":"Text","sentence2ColumnName":null,"scoreColumnName":"Score","predictedLabelColumnName":"Label","pooling":"Mean","maxLength":8,"precision":"Float32"}
            """u8.ToArray();
        var entries = Entries(parts);
        var failure = HostileFile.AssertRefused([.. parts.Values.SelectMany(bytes => bytes)], _ =>
        {
            if (part == "labels.json") Load<PldBertMulticlassTransformer>(entries).Dispose();
            else Load<PldBertTransformer>(entries).Dispose();
        });
        StringAssert.Contains(failure.Message, name switch
        {
            "labels.json-ten-million-classes" => "an encoder and 10,000,000 classes",
            _ => part,
        });
    }

    [TestMethod]
    public void AListOfEntriesIsReadAsFarAsThereIsOne()
    {
        foreach (var name in HostileFile.Of("model.zip-header").Select(row => (string)row[0]))
            HostileFile.AssertRefused(HostileFile.Read("model.zip-header", name), file => SavedEntries.ReadHashes(new BinaryReader(new GreedStream(file), Encoding.UTF8), "model"));
    }

    [TestMethod]
    [DataRow("settings.json", "maxLength", "12", "MaxLength is 12; expected 3 to 11")] // more than there are positions: an exception of libtorch's while scoring
    [DataRow("settings.json", "maxLength", "2", "MaxLength is 2; expected 3 to 11")]
    [DataRow("settings.json", "maxLength", "-2147483648", "MaxLength is -2147483648; expected 3 to 11")]
    [DataRow("settings.json", "pooling", "7", "Pooling is 7")]
    [DataRow("settings.json", "precision", "-1", "Precision is -1")]
    [DataRow("settings.json", "inputColumnName", "\"\"", "The name of a column is empty")]
    [DataRow("settings.json", "outputColumnName", "null", "'settings.json'")]
    [DataRow("settings.json", "maxLength", "true", "'settings.json'")]
    [DataRow("config.json", "hiddenSize", "12000000", "describes an encoder of at least")]
    [DataRow("config.json", "maxPositions", "16000000", "describes an encoder of at least")]
    [DataRow("config.json", "intermediateSize", "16777216", "describes an encoder of at least")]
    public void AValueThatCannotBeIsNamed(string part, string name, string value, string expected)
    {
        var parts = Saved();
        var json = JsonNode.Parse(parts[part])!;
        (json["config"] ?? json)[name] = JsonNode.Parse(value);
        parts[part] = Encoding.UTF8.GetBytes(json.ToJsonString());
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Load<PldBertTransformer>(Entries(parts))).Message, expected);
    }

    [TestMethod]
    [DataRow("probabilityColumnName", "null", "The name of a column is empty")]
    [DataRow("predictedLabelColumnName", "null", "The name of a column is empty")]
    [DataRow("longTexts", "9", "LongTexts is 9")]
    [DataRow("windowStride", "-1", "WindowStride is -1; expected 0 to 11")]
    [DataRow("windowStride", "12", "WindowStride is 12; expected 0 to 11")]
    public void AValueOfAFineTunedModelThatCannotBeIsNamed(string name, string value, string expected)
    {
        var predictor = new BertPredictor(LabelledTexts.Config, LabelledTexts.Tokenizer, outputs: 2, Pooling.Cls, TorchSharp.torch.CPU, seed: 1);
        using var binary = new PldBertBinaryTransformer(_mlContext, new PldBertBinaryTrainer.Options { Sentence1ColumnName = "Text", FineTuning = new() { MaxLength = 11 } }, predictor);
        var parts = Saved(binary);
        var json = JsonNode.Parse(parts["settings.json"])!;
        json[name] = JsonNode.Parse(value);
        parts["settings.json"] = Encoding.UTF8.GetBytes(json.ToJsonString());
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Load<PldBertBinaryTransformer>(Entries(parts))).Message, expected);
    }

    private static SavedEntries Entries(Dictionary<string, byte[]> parts) => new("model", parts.ToDictionary(part => part.Key, part => SHA256.HashData(part.Value)), (entry, read) =>
    {
        read(new MemoryStream(parts[entry]));
        return true;
    });

    private T Load<T>(SavedEntries entries) where T : ILoadableModel<T> => T.Load(_mlContext, entries);

    private Dictionary<string, byte[]> Saved()
    {
        using var transformer = new PldBertTransformer(_mlContext, "Text", "Features", TestModel.Make(), Pooling.Mean, maxLength: 8, Precision.Float32);
        return Saved(transformer);
    }

    private Dictionary<string, byte[]> Saved(ITransformer transformer)
    {
        using var file = new MemoryStream();
        _mlContext.Model.Save(transformer, null, file);
        using var archive = new ZipArchive(file);
        var parts = new Dictionary<string, byte[]>();
        foreach (var entry in archive.Entries)
        {
            using var stream = entry.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            parts[entry.FullName.Split('/', '\\')[^1]] = bytes.ToArray();
        }
        return parts;
    }
}
