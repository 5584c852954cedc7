using System.Text.Json;

namespace QuickStart;

/// <summary>What came out, as <c>--json</c> writes it, with names like <c>accuracy_pretrained</c>.</summary>
internal sealed record Results
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public long PretrainingSteps { get; set; }

    public double PretrainingLossFirst { get; set; }

    public double PretrainingLossLast { get; set; }

    public double ValidationMaskedAccuracyFirst { get; set; }

    public double ValidationMaskedAccuracyLast { get; set; }

    public double AccuracyPretrained { get; set; }

    public double AccuracyScratch { get; set; }

    public double AccuracySdca { get; set; }

    public double Seconds { get; set; }

    public string ModelZip { get; set; } = "";

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Json));
}
