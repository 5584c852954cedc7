using System.Text.Json;
using System.Text.Json.Serialization;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>The weights of a model folder: model.safetensors, or the parts that model.safetensors.index.json lists.</summary>
internal sealed class WeightFiles : IDisposable
{
    public const string Single = "model.safetensors", Index = "model.safetensors.index.json";

    // Formats that can run code when they are read, or that are of other frameworks.
    private static readonly string[] Foreign = ["pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5", "model.ckpt.index", "flax_model.msgpack"];

    private static readonly JsonSerializerOptions Json = new() { RespectNullableAnnotations = true, MaxDepth = 16 };

    private const int LongestIndex = 1 << 22, MostParts = 1_000;

    private readonly Dictionary<string, SafetensorsReader> _fileOf = [];
    private readonly List<SafetensorsReader> _files = [];
    private readonly string _source;

    private WeightFiles(string source) => _source = source;

    /// <summary>Opens the file, or the parts, of a folder.</summary>
    /// <exception cref="FileNotFoundException">The folder has no weights that can be read; the message says what it has, and how to convert it.</exception>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public static WeightFiles Open(string folder)
    {
        var (single, index) = (Path.Combine(folder, Single), Path.Combine(folder, Index));
        if (File.Exists(single)) return Open(single, [single]);
        if (File.Exists(index)) return Open(index, PartsOf(index).Select(part => Path.Combine(folder, part)));
        throw new FileNotFoundException(Foreign.FirstOrDefault(name => File.Exists(Path.Combine(folder, name))) is { } foreign
            ? $"The model folder '{folder}' has its weights in {foreign}, and not in {Single}: this library does not read that format, which can run code of strangers or is another "
                + "framework's. In Python, transformers converts it: AutoModel.from_pretrained(folder).save_pretrained(new_folder, safe_serialization=True); "
                + "use the class that config.json names under \"architectures\" to keep its head."
            : $"The model folder '{folder}' has no {Single} and no {Index}.", single);
    }

    /// <summary>All tensors.</summary>
    public IEnumerable<SafetensorsEntry> Entries => _files.SelectMany(file => file.Entries);

    public bool Has(string name) => _fileOf.ContainsKey(name);

    /// <summary>The tensor of this name; null: there is none.</summary>
    public SafetensorsEntry? Find(string name) => _fileOf.GetValueOrDefault(name)?.Entry(name);

    /// <inheritdoc cref="SafetensorsReader.ExpectRoomFor(BertConfig, string, int)"/>
    public void ExpectRoomFor(BertConfig config, string configSource, int classes = 0) => SafetensorsReader.ExpectRoomFor([.. Entries], _source, config, configSource, classes);

    /// <summary>Overwrites weights with the tensors of their names.</summary>
    /// <param name="weights">By our names. Who passes them refreshes their copies.</param>
    /// <param name="layout">What the files call them.</param>
    /// <param name="padId">The padding's id.</param>
    /// <param name="mayBeMissing">Takes our name of a weight that is not there; null: all must be.</param>
    /// <exception cref="InvalidDataException">Weights are missing or of another shape: the message lists them, and nothing has been overwritten.</exception>
    public WeightsReport ReadInto(IReadOnlyDictionary<string, torch.Tensor> weights, HuggingFaceLayout layout, int padId, Func<string, bool>? mayBeMissing = null)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var targets = _files.ToDictionary(file => file, _ => new Dictionary<string, torch.Tensor>());
        var (then, used, missing, problems) = (new List<Action>(), new HashSet<string>(), new List<string>(), new List<string>());
        foreach (var (weight, values) in weights)
        {
            var (target, after) = layout.Receive(weight, values, padId);
            if (layout.NamesFor(weight).FirstOrDefault(Has) is not { } name)
            {
                missing.Add(layout.NameOf(weight, NetworkDescription.MaskedLanguage));
                if (mayBeMissing?.Invoke(weight) is not true) problems.Add($"it has no tensor '{missing[^1]}'");
                continue;
            }
            used.Add(name);
            var entry = _fileOf[name].Entry(name);
            if (!entry.Shape.AsSpan().SequenceEqual(target.shape))
                problems.Add($"tensor '{Excerpt.Of(name)}' has the shape [{string.Join(", ", entry.Shape)}]; expected [{string.Join(", ", target.shape)}]");
            if (!entry.Type.IsFloatingPoint) problems.Add($"tensor '{Excerpt.Of(name)}' is of dtype {entry.Type.Name}; expected F32, F16 or BF16");
            targets[_fileOf[name]].Add(name, target);
            if (after is not null) then.Add(after);
        }
        string[] unexpected = [.. Entries.Select(entry => entry.Name).Where(name => !used.Contains(name) && !HuggingFaceLayout.IsRedundant(name)).Order(StringComparer.Ordinal)];
        if (problems.Count > 0)
        {
            const int most = 10;
            var shown = string.Join("; ", problems.Take(most)) + (problems.Count > most ? $"; and {problems.Count - most:N0} more" : "");
            throw new InvalidDataException($"'{_source}' does not have the weights expected: {shown}."
                + (unexpected.Length > 0 ? $" It has, beside those that are expected: {WeightsReport.Some(unexpected)}." : ""));
        }
        foreach (var (file, tensors) in targets) file.ReadInto(tensors);
        foreach (var action in then) action();
        return new WeightsReport(missing, unexpected);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }

    private static WeightFiles Open(string source, IEnumerable<string> paths)
    {
        var files = new WeightFiles(source);
        try
        {
            foreach (var path in paths)
            {
                if (!File.Exists(path)) throw new FileNotFoundException($"'{source}' lists '{Path.GetFileName(path)}', which is not there.", path);
                var file = SafetensorsReader.Open(path);
                files._files.Add(file);
                foreach (var entry in file.Entries)
                    if (!files._fileOf.TryAdd(entry.Name, file)) throw new InvalidDataException($"'{path}' has the tensor '{Excerpt.Of(entry.Name)}', which another part of '{source}' has too.");
            }
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    private static string[] PartsOf(string index)
    {
        using var stream = File.OpenRead(index);
        if (stream.Length > LongestIndex) throw new InvalidDataException($"'{index}' has {stream.Length:N0} bytes; expected at most {LongestIndex:N0}.");
        try
        {
            string[] parts = [.. UntrustedJson.Parse<WeightMap>(UntrustedJson.ReadAll(stream), Json).FileOf.Values.Distinct().Order(StringComparer.Ordinal)];
            if (parts.Length is 0 or > MostParts) throw new InvalidDataException($"'{index}' lists {parts.Length:N0} files; expected 1 to {MostParts:N0}.");
            foreach (var part in parts)
                if (part is null || Path.GetFileName(part) != part || !part.EndsWith(".safetensors", StringComparison.Ordinal))
                    throw new InvalidDataException($"'{index}' lists the file '{Excerpt.Of(part ?? "")}'; expected the name of a .safetensors file beside it.");
            return parts;
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException($"'{index}' is not an index of weights in JSON: {Excerpt.Of(failure.Message)}", failure);
        }
    }

    private sealed record WeightMap
    {
        [JsonPropertyName("weight_map"), JsonRequired]
        public Dictionary<string, string> FileOf { get; init; } = [];
    }
}
