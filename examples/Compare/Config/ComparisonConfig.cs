using System.Text.Json;
using Glue;
using Microsoft.ML.PLD;

namespace Compare;

/// <summary>What is compared, and under which budget: the file of <c>--config</c>.</summary>
internal sealed record ComparisonConfig
{
    public required string Title { get; init; }

    /// <summary>Files and folders to learn from.</summary>
    public required IReadOnlyList<string> Text { get; init; }

    /// <summary>Files and folders to validate with; none: a share of <see cref="Text"/>.</summary>
    public required IReadOnlyList<string> ValidationText { get; init; }

    /// <summary>At most so many lines of <see cref="Text"/>; 0: all.</summary>
    public required int TextLines { get; init; }

    public required int VocabularySize { get; init; }

    public required BudgetUnit Budget { get; init; }

    /// <summary>Steps of the baseline, from which everybody's budget follows.</summary>
    public required int Steps { get; init; }

    public required IReadOnlyList<ulong> Seeds { get; init; }

    /// <summary>The first one is the baseline.</summary>
    public required IReadOnlyList<Arm> Arms { get; init; }

    /// <summary>In how many parts each run is trained, in turn with those of the other arms.</summary>
    public required int Slices { get; init; }

    /// <summary>Validations of each run.</summary>
    public required int Validations { get; init; }

    /// <summary>How often each plan is timed for the reference system time.</summary>
    public required int ReferenceRounds { get; init; }

    public DownstreamConfig? Downstream { get; init; }

    /// <summary>The file's text.</summary>
    public string Json { get; init; } = "";

    public Arm Baseline => Arms[0];

    public TextSource Source => new() { Text = Text, ValidationText = ValidationText, TextLines = TextLines, VocabularySize = VocabularySize };

    /// <summary>The same with another baseline. For reports: budgets follow from the baseline.</summary>
    /// <exception cref="UsageException">No arm has the name.</exception>
    public ComparisonConfig Against(string baseline) => Arms.Any(arm => arm.Name == baseline)
        ? this with { Arms = [.. Arms.OrderBy(arm => arm.Name != baseline)] }
        : throw new UsageException($"--baseline: there is no arm '{baseline}'; expected {Fields.OneOf([.. Arms.Select(arm => arm.Name)])}.");

    /// <param name="path">The file. Texts are named relative to its folder.</param>
    /// <param name="text">Replaces the file's texts, and what it validates with; null or empty: nothing.</param>
    /// <param name="validationText">What <paramref name="text"/> is validated with; null or empty: its end.</param>
    /// <exception cref="UsageException">It cannot be read, or does not say what can be compared; the message lists all that is wrong.</exception>
    public static ComparisonConfig Read(string path, IReadOnlyList<string>? text = null, IReadOnlyList<string>? validationText = null)
    {
        if (!File.Exists(path)) throw new UsageException($"--config: there is no file '{path}'.");
        if (validationText is { Count: > 0 } && text is not { Count: > 0 }) throw new UsageException("--validation-text goes with --text, which is missing.");
        return Parse(File.ReadAllText(path), path, text, validationText);
    }

    internal static ComparisonConfig Parse(string json, string path, IReadOnlyList<string>? text = null, IReadOnlyList<string>? validationText = null)
    {
        var problems = new List<string>();
        try
        {
            var config = Read(Fields.Of(json, problems), Path.GetDirectoryName(Path.GetFullPath(path))!, text ?? [], validationText ?? []) with { Json = json };
            return problems.Count == 0 ? config : throw new UsageException($"{path}: {string.Join(Environment.NewLine + path + ": ", problems)}");
        }
        catch (JsonException damaged)
        {
            throw new UsageException($"{path} is not JSON: {damaged.Message}");
        }
    }

    private static ComparisonConfig Read(Fields fields, string folder, IReadOnlyList<string> given, IReadOnlyList<string> givenValidation)
    {
        var title = fields.Text("title", "Comparison");
        var (texts, validation) = (fields.Texts("text"), fields.Texts("validation_text"));
        if (given.Count > 0) (texts, validation) = (given, givenValidation);
        else if (texts.Count == 0) fields.Note("text", "missing", "files or folders to learn from, here or after --text");
        else (texts, validation) = ([.. texts.Select(Full)], [.. validation.Select(Full)]);

        var budget = fields.Object("budget", isRequired: true);
        var unit = budget?.Choice<BudgetUnit>("equal", null) ?? default;
        var steps = budget?.Whole("steps", null, least: 1) ?? 1;
        budget?.End();

        var seeds = fields.Wholes("seeds");
        if (seeds.Count == 0) seeds = [1];
        if (seeds.Distinct().Count() < seeds.Count) fields.Note("seeds", string.Join(", ", seeds), "each once");
        var slices = fields.Whole("slices", 10, least: 1);
        var validations = fields.Whole("validations", 20, least: 1);
        var sequences = fields.Whole("validation_sequences", 256, least: 1);

        var model = ArmReader.Model(fields.Object("model"), BertConfig.Mini);
        var training = ArmReader.Training(fields.Object("training"), new PretrainingOptions());
        training = training with { ValidationSequences = sequences, ValidationSeed = 1, LayerSchedule = new DenseSchedule() };
        var microBatch = fields.Whole("micro_batch_size", new RuntimeOptions().MicroBatchSize, least: 1);
        var arms = fields.Objects("arms").Select(arm => ArmReader.Arm(arm, model, training, microBatch)).ToArray();
        if (arms.Length == 0) fields.Note("arms", "missing or empty", "at least one arm, the first of which is the baseline");
        foreach (var same in arms.GroupBy(arm => arm.Name).Where(same => same.Count() > 1)) fields.Note("arms", $"a list with {same.Count()} arms of the name '{same.Key}'", "a name of its own for each");

        var config = new ComparisonConfig
        {
            Title = title, Text = texts, ValidationText = validation, TextLines = fields.Whole("text_lines", 0), VocabularySize = fields.Whole("vocabulary_size", 8_192, least: 100),
            Budget = unit, Steps = steps, Seeds = seeds, Arms = arms, Slices = slices, Validations = validations,
            ReferenceRounds = fields.Whole("reference_rounds", 9, least: 2), Downstream = ReadDownstream(fields.Object("downstream")),
        };
        fields.End();
        return config;

        string Full(string name) => Path.GetFullPath(name, folder);
    }

    private static DownstreamConfig? ReadDownstream(Fields? fields)
    {
        if (fields is null) return null;
        var tasks = fields.Texts("tasks");
        string[] known = [DownstreamConfig.Banking77, .. GlueTasks.All.Where(task => task is { Classes: not null, Name: not "AX" }).Select(task => task.Name)];
        foreach (var task in tasks.Where(task => !known.Contains(task))) fields.Note("tasks", $"a list with '{task}'", Fields.OneOf(known));
        var schedule = fields.Object("schedule");
        var read = new DownstreamConfig(tasks, fields.Whole("epochs", 3, least: 1), fields.Whole("max_steps", 0), fields.Number("learning_rate", 3e-4, least: 0),
            fields.Whole("batch_size", 32, least: 1), fields.Whole("max_length", 64, least: 5), fields.Whole("max_rows", 0),
            schedule is null ? new DenseSchedule() : Schedules.Read(schedule), schedule?.Compact ?? "");
        fields.End();
        return tasks.Count > 0 ? read : null;
    }
}
