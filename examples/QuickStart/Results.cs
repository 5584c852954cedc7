using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuickStart;

/// <summary>What came out, as <c>--json</c> writes it.</summary>
internal sealed record Results
{
    [JsonPropertyName("pretraining_loss_first")]
    public double PretrainingLossFirst { get; set; }

    [JsonPropertyName("pretraining_loss_last")]
    public double PretrainingLossLast { get; set; }

    [JsonPropertyName("pretraining_steps")]
    public long PretrainingSteps { get; set; }

    [JsonPropertyName("validation_masked_accuracy_first")]
    public double ValidationAccuracyFirst { get; set; }

    [JsonPropertyName("validation_masked_accuracy_last")]
    public double ValidationAccuracyLast { get; set; }

    [JsonPropertyName("accuracy_pretrained")]
    public double AccuracyPretrained { get; set; }

    [JsonPropertyName("accuracy_scratch")]
    public double AccuracyScratch { get; set; }

    [JsonPropertyName("accuracy_sdca")]
    public double AccuracySdca { get; set; }

    [JsonPropertyName("seconds")]
    public double Seconds { get; set; }

    [JsonPropertyName("model_zip")]
    public string ModelZip { get; set; } = "";

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, new JsonSerializerOptions { WriteIndented = true }));
}
