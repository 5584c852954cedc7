using System.Security.Cryptography;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>The entries of each transformer in model.zip, one of them mutated, and its hash with it: loaded, and a text scored.</summary>
internal sealed class EntriesTarget : FuzzTarget
{
    private static readonly string[] PartNames = ["settings.json", "config.json", "vocab.txt", "model.safetensors", "labels.json"];

    private const int TensorsOfModels = 28; // about

    private readonly MLContext _mlContext = new(seed: 1);
    private readonly Dictionary<string, byte[]>[] _models;
    private readonly (int Model, string Name)[] _parts;

    public EntriesTarget()
    {
        using var transformer = SmallModel.Transformer(_mlContext);
        using var classifier = SmallModel.Classifier(_mlContext);
        using var binary = SmallModel.Binary(_mlContext);
        using var regression = SmallModel.Regression(_mlContext);
        _models = [.. new ITransformer[] { transformer, classifier, binary, regression }.Select(model => SmallModel.Parts(_mlContext, model))];
        _parts = [.. Enumerable.Range(0, _models.Length).SelectMany(model => PartNames.Where(_models[model].ContainsKey).Select(name => (model, name)))];
        Seeds = [.. _parts.Select((part, number) => FuzzSeed.Part(number, _models[part.Model][part.Name], FolderTarget.FormatOf(part.Name)))];
        OtherBytes = _models.Max(model => model.Values.Sum(bytes => bytes.Length));
    }

    public override IReadOnlyList<FuzzSeed> Seeds { get; }

    public override int OtherBytes { get; }

    // As of a model folder.
    public override int Allowance => 128 << 10;

    public override double FactorFor(byte[] input) => input.Length == 0 ? base.FactorFor(input) : _parts[input[0] % _parts.Length].Name switch
    {
        "vocab.txt" => VocabularyTarget.Factor,
        // A class with a name of one character: 4 bytes of JSON, a string (24) in an array (16), after the bytes of the file; and our copy of them.
        "labels.json" => 12,
        _ => base.FactorFor(input),
    };

    public override object? Parse(byte[] input)
    {
        if (input.Length == 0) return null;
        Tensors = 0;
        var (model, mutated) = _parts[input[0] % _parts.Length];
        var bytes = new Dictionary<string, byte[]>(_models[model]) { [mutated] = input[1..] };
        var entries = new SavedEntries("fuzz", bytes.ToDictionary(part => part.Key, part => SHA256.HashData(part.Value)), (name, read) =>
        {
            if (!bytes.TryGetValue(name, out var part)) return false;
            read(new MeteredStream(part, canSeek: true));
            return true;
        });
        TextTransformer loaded = model switch
        {
            0 => Load<PldBertTransformer>(entries),
            1 => Load<PldBertMulticlassTransformer>(entries),
            2 => Load<PldBertBinaryTransformer>(entries),
            _ => Load<PldBertRegressionTransformer>(entries),
        };
        MeteredStream.Note();
        Tensors = TensorsOfModels;
        return loaded;
    }

    public override void Use(object parsed)
    {
        var loaded = (TextTransformer)parsed;
        var isPair = loaded.Texts.Second is not null;
        loaded.Score(new TextBatch(new[] { "Ab cü? a a a a".AsMemory() }, isPair ? new[] { "c".AsMemory() } : default(ReadOnlyMemory<ReadOnlyMemory<char>>)), new float[loaded.Width]);
    }

    private T Load<T>(SavedEntries entries) where T : ILoadableModel<T> => T.Load(_mlContext, entries);
}
