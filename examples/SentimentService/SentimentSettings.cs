using System.Text.Json;
using System.Text.Json.Serialization;

namespace SentimentService;

/// <summary>What SentimentModel.mbconfig says: what is learned from, how, and how it is measured.</summary>
/// <remarks>In the manner of ML.NET Model Builder, whose own files have more in them. Paths are relative to the file's folder.</remarks>
internal sealed record SentimentSettings
{
    private static readonly JsonSerializerOptions Json = new() { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    public required string Scenario { get; init; }

    public required TabularFile DataSource { get; init; }

    public required TrainingSettings Training { get; init; }

    public EvaluationSettings Evaluation { get; init; } = new(Folds: 5);

    /// <exception cref="InvalidDataException">The file is not of this form.</exception>
    public static SentimentSettings Read(string path)
    {
        try
        {
            var settings = JsonSerializer.Deserialize<SentimentSettings>(File.ReadAllText(path), Json) ?? throw new JsonException("it is null");
            if (settings.Scenario != "TextClassification") throw new JsonException($"Scenario is '{settings.Scenario}'; expected TextClassification");
            if (settings.DataSource is not { Type: "TabularFile", Delimiter.Length: 1 }) throw new JsonException("DataSource needs Type 'TabularFile' and a Delimiter of one character");
            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            return settings with
            {
                DataSource = settings.DataSource with { FilePath = Path.Combine(folder, settings.DataSource.FilePath) },
                Training = settings.Training with { Pretrained = Path.Combine(folder, settings.Training.Pretrained) },
            };
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException($"'{path}' cannot be used: {failure.Message}.", failure);
        }
    }

    internal sealed record TabularFile(string Type, string FilePath, string Delimiter, bool HasHeader);

    internal sealed record TrainingSettings(string Pretrained, int Epochs, int BatchSize, double LearningRate, int MaxLength, int Seed);

    internal sealed record EvaluationSettings(int Folds);
}
