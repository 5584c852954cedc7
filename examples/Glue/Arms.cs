using Microsoft.ML.PLD;

namespace Glue;

/// <summary>The models that <c>--model</c> names: folders, presets, and <c>scratch</c>.</summary>
internal sealed class Arms : IDisposable
{
    private const string Scratch = "scratch";
    private static readonly string[] ModelFiles = ["config.json", "vocab.txt", "tokenizer_config.json", "tokenizer.json"];

    private static readonly Dictionary<string, BertConfig> Presets = new(StringComparer.OrdinalIgnoreCase)
    {
        ["tiny"] = BertConfig.Tiny, ["mini"] = BertConfig.Mini, ["small"] = BertConfig.Small, ["medium"] = BertConfig.Medium, ["base"] = BertConfig.Base,
    };

    private readonly List<BertModel> _models = [];

    /// <exception cref="UsageException">A model is not there or cannot be read, or two have the same name.</exception>
    public Arms(IReadOnlyList<string> models)
    {
        try
        {
            var named = Names(models);
            All = [.. named.Select(entry => IsScratch(entry.Model) ? null : Make(entry.Name, entry.Model))
                .ToArray() // the first folder may come after "scratch"
                .Zip(named, (arm, entry) => arm ?? MakeScratch(entry.Name, models))];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IReadOnlyList<Arm> All { get; }

    /// <summary>The names of the arms: given as NAME=MODEL, or the end of the path, as much of it as tells the arms apart.</summary>
    internal static IReadOnlyList<(string Name, string Model)> Names(IReadOnlyList<string> models)
    {
        var split = models.Select(model => model.Split('=', 2)).ToArray();
        var paths = Array.ConvertAll(split, parts => parts[^1]);
        for (var length = 1; ; length++)
        {
            var names = split.Select(parts => parts.Length > 1 ? parts[0] : End(parts[0], length)).ToArray();
            if (names.Distinct(StringComparer.OrdinalIgnoreCase).Count() == names.Length) return [.. names.Zip(paths)];
            if (length > paths.Max(path => path.Length))
                throw new UsageException($"--model names the same twice: {string.Join(", ", models)}. Name them apart as NAME=FOLDER.");
        }
    }

    public void Dispose()
    {
        foreach (var model in _models) model.Dispose();
    }

    private Arm Make(string name, string model)
    {
        if (!Directory.Exists(model))
        {
            return Presets.TryGetValue(model, out var preset)
                ? new Arm(name, $"preset {preset}", preset)
                : throw new UsageException($"--model: there is no folder '{model}', and no such preset; expected a folder with config.json, vocab.txt or tokenizer.json, and model.safetensors, {Scratch}, or one of {string.Join(", ", Presets.Keys)}.");
        }
        try
        {
            var loaded = BertModel.FromPretrained(model);
            _models.Add(loaded);
            return new Arm(name, $"pretrained {Hash(model, [.. ModelFiles, .. WeightFiles(model)])}", loaded.Config) { Pretrained = loaded, Tokenizer = loaded.Tokenizer };
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new UsageException($"--model: '{model}' cannot be read. {failure.Message}");
        }
    }

    private Arm MakeScratch(string name, IReadOnlyList<string> models)
    {
        var like = _models.FirstOrDefault() ?? throw new UsageException($"--model {Scratch} is the architecture and vocabulary of another model without its weights, but there is no folder among: {string.Join(", ", models)}.");
        var folder = models.Select(model => model.Split('=', 2)[^1]).First(Directory.Exists);
        return new Arm(name, $"{Scratch} {Hash(folder, ModelFiles)}", like.Config) { Tokenizer = like.Tokenizer };
    }

    private static bool IsScratch(string model) => model.Equals(Scratch, StringComparison.OrdinalIgnoreCase) && !Directory.Exists(model);

    private static string End(string path, int segments) => string.Join('/', path.Split(['/', '\\'], StringSplitOptions.RemoveEmptyEntries).TakeLast(segments));

    private static IEnumerable<string> WeightFiles(string folder) => Directory.GetFiles(folder, "*.safetensors").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    private static string Hash(string folder, IEnumerable<string> files) => Fingerprints.Of(files.Select(file => Path.Combine(folder, file)).Where(File.Exists));
}
