using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.PLD;

/// <summary>Where a run stands, beside its weights and its optimizer: training.json of a checkpoint.</summary>
internal sealed record TrainingState
{
    private const int CurrentVersion = 1, LongestText = 1 << 20, MostValidations = 800;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, // a loss may be anything
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 8,
        Converters = { new TextMapConverter(), new ValidationsConverter(MostValidations) },
    };

    public int Version { get; init; } = CurrentVersion;
    public string Library { get; init; } = typeof(TrainingState).Assembly.GetName().Version!.ToString(3);
    public DateTimeOffset Written { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>As <see cref="TrainingProgress.Stage"/>.</summary>
    public required string Stage { get; init; }

    /// <summary>Optimizer steps done: data, gates, masks, dropout and learning rate of the next are functions of it.</summary>
    public required long Step { get; init; }

    /// <summary>What <see cref="ILayerSchedule.MeasuresBefore"/> last asked for: distance and angle of each block; null: nothing.</summary>
    public IReadOnlyList<BlockChange>? Measured { get; init; }

    /// <summary>The samples, or rows, read so far: where the next step begins.</summary>
    public required long DataPosition { get; init; }

    public required string VocabularySha256 { get; init; }

    /// <summary>All options that the result depends on, by name: see <see cref="OptionValues"/>.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>What the last bits depend on: device, precision, threads, workers, micro-batch size.</summary>
    public required IReadOnlyDictionary<string, string> Runtime { get; init; }

    /// <summary>The most sequences of a micro-batch: smaller than the options say once memory has run out.</summary>
    public required int MicroBatchSize { get; init; }

    /// <summary>Consecutive steps, up to this one, that were skipped because something was not a number.</summary>
    public int SkippedSteps { get; init; }

    /// <summary>Of the last step; null before the first.</summary>
    public double? Loss { get; init; }

    public LossTrend LossTrend { get; init; }

    /// <summary>Time trained so far.</summary>
    public double Seconds { get; init; }

    /// <summary>Since the encoder last grew: the best one, and the newest ones, as a run may validate a million times.</summary>
    public IReadOnlyList<Validation> Validations { get; init; } = [];

    /// <summary>The best validation, of equal ones the first; null before the first.</summary>
    [JsonIgnore]
    public Validation? Best => Validation.BestOf(Validations);

    /// <summary>Validations since the best one, or all of them where none is a number.</summary>
    [JsonIgnore]
    public int ValidationsSinceBest => Best is { } best ? Validations.Count(validation => validation.Step > best.Step) : Validations.Count;

    public TrainingState With(Validation validation)
    {
        var (kept, best) = (Validations, Best);
        if (kept.Count >= MostValidations) kept = [.. kept.Where((one, i) => i >= kept.Count - MostValidations / 2 || one == best)];
        return this with { Validations = [.. kept, validation] };
    }

    public void Write(Stream stream) => JsonSerializer.Serialize(stream, this, Json);

    /// <summary>Reads what <see cref="Write"/> wrote, or what a stranger did.</summary>
    /// <exception cref="InvalidDataException">It is no state, or one of another version.</exception>
    public static TrainingState Read(Stream stream, string source)
    {
        if (stream.Length > LongestText) throw new InvalidDataException($"'{source}' has {stream.Length:N0} bytes; expected at most {LongestText:N0}.");
        try
        {
            var state = UntrustedJson.Parse<TrainingState>(UntrustedJson.ReadAll(stream), Json);
            if (state.Version != CurrentVersion) throw new InvalidDataException($"'{source}' has version {state.Version}; this release reads version {CurrentVersion}.");
            if (state is not { Step: >= 0, DataPosition: >= 0, MicroBatchSize: > 0, SkippedSteps: >= 0 }) throw new JsonException("A number is out of range.");
            return state;
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException($"'{source}' is not the state of a training: {Excerpt.Of(failure.Message)}", failure);
        }
    }
}

/// <summary>What held-out data said after a step.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Loss">As <see cref="HeldOutResult.Loss"/>.</param>
/// <param name="Accuracy">As <see cref="HeldOutResult.Accuracy"/>; NaN: there is none.</param>
/// <param name="Rank">Higher is better; NaN: it is the loss that counts, lower being better.</param>
internal sealed record Validation(long Step, double Loss, double Accuracy = double.NaN, double Rank = double.NaN)
{
    public static Validation Of(long step, HeldOutResult result) => new(step, result.Loss, result.Accuracy ?? double.NaN, Worst(result.Metric) ?? double.NaN);

    /// <summary>Whether there is a metric, and it is no number: the correlation with a constant, or a curve over one class.</summary>
    [JsonIgnore]
    public bool IsUndefined => double.IsNegativeInfinity(Rank);

    // By the metric, and where that ties or there is none, by the loss: a model that answers one class only may still get better.
    private (double, double) Height => (double.IsNaN(Rank) ? 0 : Rank, double.IsNaN(Loss) ? double.NegativeInfinity : -Loss);

    private static double? Worst(double? metric) => metric is double.NaN ? double.NegativeInfinity : metric;

    /// <summary>The best, of equal ones the first; null: there is none that has a number.</summary>
    public static Validation? BestOf(IEnumerable<Validation> validations)
    {
        Validation? best = null;
        foreach (var validation in validations)
            if ((double.IsFinite(validation.Rank) || !double.IsNaN(validation.Loss)) && (best is null || validation.Height.CompareTo(best.Height) > 0)) best = validation;
        return best;
    }
}
