using System.Text.Json;
using System.Text.Json.Serialization;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>The parts that every network has in model.zip: settings, architecture, vocabulary, weights.</summary>
internal static class SavedNetwork
{
    private const string Settings = "settings.json", Config = "config.json", Vocabulary = "vocab.txt", Weights = "model.safetensors";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 16,
    };

    public static List<ModelEntry> Entries<TSettings>(TSettings settings, BertConfig config, WordPieceTokenizer tokenizer, ParameterStore weights) =>
    [
        new(Settings, stream => JsonSerializer.Serialize(stream, settings, Json)),
        new(Config, stream => JsonSerializer.Serialize(stream, new Architecture(config, tokenizer.LowerCase), Json)),
        new(Vocabulary, tokenizer.Vocabulary.Save),
        new(Weights, stream => SafetensorsWriter.Write(stream, weights.Tensors)),
    ];

    public static TSettings LoadSettings<TSettings>(SavedEntries entries) => entries.Read(Settings, Parse<TSettings>);

    /// <summary>Checks settings that scoring relies on.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="columns">Names of columns.</param>
    /// <param name="isPairs">Whether texts come in pairs.</param>
    /// <param name="maxLength">The most tokens of a text or pair.</param>
    /// <param name="pooling">How a text becomes one vector.</param>
    /// <param name="precision">Of the activations.</param>
    /// <exception cref="InvalidDataException">They cannot be.</exception>
    public static void CheckSettings(BertConfig config, IEnumerable<string> columns, bool isPairs, int maxLength, Pooling pooling, Precision precision)
    {
        var least = isPairs ? WordPieceTokenizer.SpecialsOfPair : WordPieceTokenizer.SpecialsOfText;
        var problem = columns.Any(string.IsNullOrWhiteSpace) ? "a column has no name"
            : maxLength < least || maxLength > config.MaxPositions ? $"MaxLength is {maxLength}; expected {least} to {config.MaxPositions}"
            : !Enum.IsDefined(pooling) ? $"Pooling is {pooling}"
            : !Enum.IsDefined(precision) ? $"Precision is {precision}"
            : null;
        if (problem is not null) throw new InvalidDataException($"The entry '{Settings}' of the saved model cannot be: {problem}.");
    }

    public static (BertConfig Config, WordPieceTokenizer Tokenizer) LoadArchitecture(SavedEntries entries)
    {
        var (config, lowerCase) = entries.Read(Config, Parse<Architecture>);
        if (string.Join(" ", config.Problems()) is { Length: > 0 } problems) throw new InvalidDataException($"The entry '{Config}' of the saved model cannot be: {problems}");
        var vocabulary = entries.Read(Vocabulary, stream => WordPieceVocabulary.Load(stream, Vocabulary));
        return vocabulary.Count == config.VocabularySize
            ? (config, new WordPieceTokenizer(vocabulary, lowerCase))
            : throw new InvalidDataException($"The entry '{Vocabulary}' of the saved model has {vocabulary.Count} pieces, but '{Config}' says {config.VocabularySize}.");
    }

    /// <param name="entries">The model's parts.</param>
    /// <param name="config">The architecture, from <see cref="LoadArchitecture"/>.</param>
    /// <param name="create">Makes the network on a device, once the weights are known to fit it.</param>
    /// <param name="weightsOf">The network's weights.</param>
    public static T LoadNetwork<T>(SavedEntries entries, BertConfig config, Func<torch.Device, T> create, Func<T, ParameterStore> weightsOf) where T : IDisposable
    {
        var device = DeviceChoice.Resolve(DeviceChoice.Auto); // here: a device that is not there is no damage of the file
        return entries.Read(Weights, stream =>
        {
            using var reader = new SafetensorsReader(stream, Weights, leaveOpen: true);
            reader.ExpectRoomFor(config, Config);
            var network = create(device);
            try
            {
                reader.ReadInto(weightsOf(network).Tensors);
                weightsOf(network).Refresh();
                return network;
            }
            catch
            {
                network.Dispose();
                throw;
            }
        });
    }

    private static T Parse<T>(Stream stream) => JsonSerializer.Deserialize<T>(stream, Json) ?? throw new JsonException("The JSON is null.");

    private sealed record Architecture(BertConfig Config, bool LowerCase);
}
