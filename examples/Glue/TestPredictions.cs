using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.PLD;

namespace Glue;

/// <summary>What the best run so far of a model and a task predicts for the test sets: kept, so that a submission needs no model again.</summary>
/// <param name="Run">The run's <see cref="RunKey.Id"/>.</param>
/// <param name="Score">What it is the best by.</param>
/// <param name="Files">One for each test set.</param>
/// <param name="Data">Differs where the test sets do; null: an older version did not say.</param>
internal sealed record TestPredictions(string Run, double Score, IReadOnlyList<TestPredictions.Of> Files, string? Data = null)
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals }; // a score may be no number

    /// <summary>The predictions for one test set.</summary>
    public sealed record Of(string Task, GlueSplit Split, float[] Values);

    public IEnumerable<GluePredictions> ForSubmission() => Files.Select(file => new GluePredictions(GlueTasks.ByName(file.Task), file.Split, file.Values));

    /// <summary>Null where there are none, or the file is damaged.</summary>
    public static TestPredictions? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<TestPredictions>(File.ReadAllText(path), Json) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Write(string path) => WholeFile.Write(path, JsonSerializer.Serialize(this, Json));
}
