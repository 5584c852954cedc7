using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Microsoft.ML.PLD;

/// <summary>Options as names and values, the same in every culture: kept in checkpoints, and compared when a run is resumed.</summary>
internal static class OptionValues
{
    private static readonly JsonSerializerOptions Json = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(), new ScheduleConverter() },
    };

    /// <summary>The options of a record, with those of records within it as <c>LearningRate.Peak</c>.</summary>
    /// <param name="options">A record of options.</param>
    /// <param name="prefix">What the names begin with.</param>
    /// <param name="without">Names that do not count: they change nothing in the result.</param>
    public static IEnumerable<KeyValuePair<string, string>> Of<T>(T options, string prefix = "", params string[] without) =>
        Flatten(JsonSerializer.SerializeToNode(options, Json), prefix).Where(option => !without.Contains(option.Key));

    /// <summary>The plans that a schedule makes, and the copies: two that are called the same need not be.</summary>
    public static KeyValuePair<string, string>[] OfPlans(ILayerSchedule schedule, long steps, int layers, ulong seed)
    {
        const int samples = 64;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var sample = 0; sample < samples; sample++)
        {
            var plan = schedule.PlanAt((long)(steps * (sample / (double)samples)), steps, layers, seed);
            if (!plan.TrainsEmbeddings) hash.AppendData("frozen embeddings"u8);
            foreach (var run in plan.Runs)
            {
                hash.AppendData(MemoryMarshal.AsBytes<double>([sample, run.Block, run.Scale, (int)plan.Scaling]));
                if (!run.IsTrained) hash.AppendData("frozen"u8);
                if (run.IsForwardOnly) hash.AppendData("forward only"u8);
                if (run.Subset is { } subset) hash.AppendData(MemoryMarshal.AsBytes<double>([(int)subset.Of, subset.Share]));
            }
        }
        foreach (var source in schedule.CopiesAfter(1, steps, steps, layers)?.Sources ?? []) hash.AppendData(BitConverter.GetBytes(source));
        return [new("LayerSchedule.Plans", $"SHA-256 {Convert.ToHexStringLower(hash.GetHashAndReset())[..16]}")];
    }

    /// <summary>What differs, a line for each.</summary>
    /// <param name="before">The checkpoint's.</param>
    /// <param name="now">The run's.</param>
    /// <param name="allowed">Names that may differ, or what they begin with.</param>
    /// <exception cref="ArgumentException">An allowed name is none.</exception>
    public static IReadOnlyList<string> Differences(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> now, IReadOnlyList<string> allowed)
    {
        var names = before.Keys.Union(now.Keys).Order(StringComparer.Ordinal).ToArray();
        if (allowed.FirstOrDefault(allow => !names.Any(name => Covers(allow, name))) is { } unknown)
            throw new ArgumentException($"AllowOptionChange has '{unknown}'; expected one of: {string.Join(", ", names)}.");
        return [.. names.Where(name => before.GetValueOrDefault(name) != now.GetValueOrDefault(name) && !allowed.Any(allow => Covers(allow, name)))
            .Select(name => $"{name}: {before.GetValueOrDefault(name, "nothing")} in the checkpoint, {now.GetValueOrDefault(name, "nothing")} now")];
    }

    private static bool Covers(string allowed, string name) =>
        name == allowed || name.Length > allowed.Length && name[allowed.Length] == '.' && name.StartsWith(allowed, StringComparison.Ordinal);

    private static IEnumerable<KeyValuePair<string, string>> Flatten(JsonNode? node, string name) => node is JsonObject parts
        ? parts.SelectMany(part => Flatten(part.Value, name.Length == 0 ? part.Key : $"{name}.{part.Key}"))
        : [new(name, node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : node?.ToJsonString() ?? "null")];

    // By its own properties, not by those of the interface; one that cannot be written is known by its type, and by the plans that it makes.
    private sealed class ScheduleConverter : JsonConverter<ILayerSchedule>
    {
        public override ILayerSchedule Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, ILayerSchedule value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            writer.WriteString("$Type", value.GetType().FullName);
            foreach (var (name, text) in Properties(value, options)) writer.WriteString(name, text);
            writer.WriteEndObject();
        }

        private static IEnumerable<KeyValuePair<string, string>> Properties(ILayerSchedule schedule, JsonSerializerOptions options)
        {
            try
            {
                return [.. Flatten(JsonSerializer.SerializeToNode(schedule, schedule.GetType(), options), "").Where(property => property.Key.Length > 0)];
            }
            catch (Exception failure) when (failure is NotSupportedException or JsonException or InvalidOperationException)
            {
                return [];
            }
        }
    }
}
