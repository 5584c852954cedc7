using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.PLD;

/// <summary>What a page keeps of its curves in itself, so that a run that is resumed, in another process, goes on with them.</summary>
/// <param name="Stages">In the order in which they ran.</param>
internal sealed record ReportData(IReadOnlyList<StageHistory> Stages)
{
    private const string Begin = "<script type=\"application/json\" id=\"data\">", End = "</script>";
    private const int LongestPage = 1 << 24, MostStages = 1_000;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        MaxDepth = 12,
        Converters = { new ThinnedCurveConverter(), new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    /// <summary>As a part of a page; the serializer's own escapes leave nothing that could end it.</summary>
    public HtmlText ToMarkup() => new($"{Begin}{JsonSerializer.Serialize(this, Json)}{End}");

    /// <summary>What a page holds; nothing where there is no page, or one that somebody else wrote.</summary>
    public static ReportData ReadFrom(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > LongestPage) return new([]);
            var page = UntrustedJson.ReadAll(file).AsSpan();
            var (begin, end) = (Encoding.UTF8.GetBytes(Begin), Encoding.UTF8.GetBytes(End));
            if (page.IndexOf(begin) is not (>= 0 and var at)) return new([]);
            page = page[(at + begin.Length)..];
            var data = UntrustedJson.Parse<ReportData>(page[..Math.Max(0, page.IndexOf(end))], Json);
            return data.Stages.Count <= MostStages && data.Stages.All(stage => stage is { IsValid: true }) ? data : new([]);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException or NotSupportedException)
        {
            return new([]);
        }
    }
}
