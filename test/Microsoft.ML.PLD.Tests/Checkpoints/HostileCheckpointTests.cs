using static TorchSharp.torch;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class HostileCheckpointTests
{
    public static IEnumerable<object[]> Safetensors => HostileFile.Of("safetensors");
    public static IEnumerable<object[]> Configurations => HostileFile.Of("config.json");
    public static IEnumerable<object[]> TokenizerConfigurations => HostileFile.Of("tokenizer_config.json");
    public static IEnumerable<object[]> States => HostileFile.Of("training.json");

    [TestInitialize]
    public void Begin() => TorchRuntime.EnsureLoaded();

    [TestMethod]
    [DynamicData(nameof(Safetensors))]
    public void SafetensorsAreRefusedAtLittleCost(string name)
    {
        var bytes = HostileFile.Read("safetensors", name);
        HostileFile.AssertRefused(bytes, file => ReadAll(new MemoryStream(file)));

        // The same as an entry of an archive: nothing is known of its length.
        GreedStream? stream = null;
        HostileFile.AssertRefused(bytes, file => ReadAll(stream = new GreedStream(file)));
        Assert.IsLessThanOrEqualTo(Math.Max(1 << 12, bytes.Length), stream!.LargestBuffer);
    }

    [TestMethod]
    [DynamicData(nameof(Configurations))]
    public void ConfigurationsAreRefusedAtLittleCost(string name) =>
        HostileFile.AssertRefused(HostileFile.Read("config.json", name), file => HuggingFaceConfig.Parse(file, "config.json"));

    [TestMethod]
    [DynamicData(nameof(TokenizerConfigurations))]
    public void TokenizerConfigurationsAreRefusedAtLittleCost(string name)
    {
        var folder = Directory.CreateTempSubdirectory("pld-tests-").FullName;
        try
        {
            using (var model = TestModel.Make()) model.SavePretrained(folder);
            var bytes = HostileFile.Read("tokenizer_config.json", name);
            File.WriteAllBytes(Path.Combine(folder, "tokenizer_config.json"), bytes);
            StringAssert.Contains(HostileFile.AssertRefused(bytes, _ => PretrainedFolder.Load(folder, CPU).Dispose()).Message, "tokenizer_config.json");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    [DynamicData(nameof(States))]
    public void TrainingStatesAreRefusedAtLittleCost(string name) =>
        HostileFile.AssertRefused(HostileFile.Read("training.json", name), file => TrainingState.Read(new MemoryStream(file), "training.json"));

    [TestMethod]
    public void WholeNumbersAreNoWeights()
    {
        var config = new BertConfig { HiddenSize = 4, Layers = 1, AttentionHeads = 1, IntermediateSize = 4, MaxPositions = 4, VocabularySize = 10 };
        Refuses(config, new() { ["a"] = zeros(100_000, dtype: int8) }, "0 weights");
    }

    [TestMethod]
    public void ManyBlocksOfTinyWeightsAreNoEncoder()
    {
        var config = new BertConfig { HiddenSize = 1, Layers = 10_000, AttentionHeads = 1, IntermediateSize = 1, MaxPositions = 4, VocabularySize = 10 };
        Refuses(config, new() { ["a"] = zeros(100_000) }, "1 tensors, but 'config.json' describes an encoder of 10,000 blocks");
    }

    private static void Refuses(BertConfig config, Dictionary<string, Tensor> tensors, string message)
    {
        var file = new MemoryStream();
        SafetensorsWriter.Write(file, tensors);
        file.Position = 0;
        using var reader = new SafetensorsReader(file, "weights");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => reader.ExpectRoomFor(config, "config.json")).Message, message);
        foreach (var tensor in tensors.Values) tensor.Dispose();
    }

    private static void ReadAll(Stream stream)
    {
        using var scope = NewDisposeScope();
        using var reader = new SafetensorsReader(stream, "hostile");
        reader.ReadAll();
    }
}
