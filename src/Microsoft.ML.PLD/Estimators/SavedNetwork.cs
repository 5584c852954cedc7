using System.Text.Json;
using System.Text.Json.Serialization;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>The parts that every network has in model.zip: settings, architecture, vocabulary, weights.</summary>
internal static class SavedNetwork
{
    private const string Settings = "settings.json", Config = "config.json", Vocabulary = "vocab.txt", Weights = "model.safetensors";

    // Far more than settings take. Their parser takes up to eight times the bytes of the text, so there must not be many.
    private const int LongestJson = 1 << 14;

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

    public static (BertConfig Config, WordPieceTokenizer Tokenizer) LoadArchitecture(SavedEntries entries)
    {
        var (config, lowerCase) = entries.Read(Config, Parse<Architecture>);
        if (string.Join(" ", config.Problems()) is { Length: > 0 } problems) throw new InvalidDataException($"The entry '{Config}' of the saved model cannot be: {problems}");
        var vocabulary = entries.Read(Vocabulary, stream => WordPieceVocabulary.Load(stream, Vocabulary));
        return vocabulary.Count <= config.VocabularySize
            ? (config, new WordPieceTokenizer(vocabulary, lowerCase))
            : throw new InvalidDataException($"The entry '{Vocabulary}' of the saved model has {vocabulary.Count} pieces, but '{Config}' says {config.VocabularySize}.");
    }

    /// <summary>Checks what scoring believes.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="pooling">How the vectors of tokens become one.</param>
    /// <param name="maxLength">The most tokens of a text or pair.</param>
    /// <param name="precision">Of the activations.</param>
    /// <param name="columns">The names of columns; null: there is no such column.</param>
    /// <exception cref="InvalidDataException">The network cannot be run with these settings.</exception>
    public static void CheckSettings(BertConfig config, Pooling pooling, int maxLength, Precision precision, params ReadOnlySpan<string?> columns)
    {
        var problem = maxLength < WordPieceTokenizer.SpecialsOfPair || maxLength > config.MaxPositions ? $"MaxLength is {maxLength}; expected {WordPieceTokenizer.SpecialsOfPair} to {config.MaxPositions}."
            : !Enum.IsDefined(pooling) ? $"Pooling is {pooling}."
            : !Enum.IsDefined(precision) ? $"Precision is {precision}."
            : columns.Contains("") ? "The name of a column is empty."
            : null;
        if (problem is not null) throw new InvalidDataException($"The entry '{Settings}' of the saved model cannot be: {problem}");
    }

    /// <summary>Checks how long texts are read.</summary>
    /// <exception cref="InvalidDataException">They cannot be read so.</exception>
    public static void CheckSettings(LongTexts longTexts, int windowStride, int maxLength)
    {
        var problem = !Enum.IsDefined(longTexts) ? $"LongTexts is {longTexts}."
            : windowStride < 0 || windowStride > maxLength ? $"WindowStride is {windowStride}; expected 0 to {maxLength}."
            : null;
        if (problem is not null) throw new InvalidDataException($"The entry '{Settings}' of the saved model cannot be: {problem}");
    }

    /// <param name="entries">The model's parts.</param>
    /// <param name="config">The architecture, from <see cref="LoadArchitecture"/>.</param>
    /// <param name="create">Makes the network on a device, once the weights are known to fit it.</param>
    /// <param name="weightsOf">The network's weights.</param>
    /// <param name="classes">Of the classifier on top; 0: there is none.</param>
    public static T LoadNetwork<T>(SavedEntries entries, BertConfig config, Func<torch.Device, T> create, Func<T, ParameterStore> weightsOf, int classes = 0) where T : IDisposable
    {
        var device = DeviceChoice.Resolve(DeviceChoice.Auto); // here: a device that is not there is no damage of the file
        return entries.Read(Weights, stream =>
        {
            using var reader = new SafetensorsReader(stream, Weights, leaveOpen: true);
            reader.ExpectRoomFor(config, Config, classes);
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

    private static T Parse<T>(Stream stream) => stream.Length <= LongestJson
        ? UntrustedJson.Parse<T>(UntrustedJson.ReadAll(stream), Json)
        : throw new InvalidDataException($"It has {stream.Length:N0} bytes; expected at most {LongestJson:N0}.");

    private sealed record Architecture(BertConfig Config, bool LowerCase);
}
