using System.Security.Cryptography;
using TorchSharp;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>The parts of our models in model.zip, as somebody could alter them who makes their hashes right again; what loads is used for scoring.</summary>
internal static class ModelEntries
{
    private const int LoadsOfAContext = 1_000;

    private static readonly BertConfig Config = new() { HiddenSize = 4, Layers = 1, AttentionHeads = 2, IntermediateSize = 3, MaxPositions = 8 };

    private static MLContext _context = new(seed: 1);
    private static int _loads;

    public static FuzzTarget Encoder(string name, WordPieceVocabulary vocabulary)
    {
        TorchRuntime.EnsureLoaded();
        using var model = new BertModel(Config with { VocabularySize = vocabulary.Count }, new WordPieceTokenizer(vocabulary), nextSentence: false, torch.CPU, seed: 1);
        using var transformer = new PldBertTransformer(_context, "Text", "Features", model, Pooling.Mean, maxLength: 8, Precision.Float32);
        return Target(name, transformer.Entries, Load<PldBertTransformer>);
    }

    public static FuzzTarget Classifier(string name, WordPieceVocabulary vocabulary)
    {
        TorchRuntime.EnsureLoaded();
        var rows = _context.Data.LoadFromEnumerable(new[] { new Question { Text = "a", Category = "x" }, new Question { Text = "b", Category = "y" } });
        var trainer = _context.MulticlassClassification.Trainers.PldBert(new PldBertMulticlassTrainer.Options
        {
            Sentence1ColumnName = nameof(Question.Text), Config = Config, Vocabulary = vocabulary, Runtime = new() { Device = "cpu", Precision = Precision.Float32 },
            FineTuning = new() { Steps = 1, MaxLength = 8, Seed = 1 },
        });
        using var transformer = trainer.Fit(_context.Transforms.Conversion.MapValueToKey("Label", nameof(Question.Category)).Fit(rows).Transform(rows));
        return Target(name, transformer.Entries, Load<PldBertMulticlassTransformer>);
    }

    // The weights come last, as header and data, so that both lengths stay right.
    private static FuzzTarget Target(string name, IEnumerable<ModelEntry> entries, Func<SavedEntries, TextTransformer> load)
    {
        var all = entries.Select(entry => (entry.Name, Bytes: Bytes(entry))).OrderBy(entry => entry.Name == "model.safetensors").ToArray();
        byte[][] seed = [.. all[..^1].Select(entry => entry.Bytes), .. FuzzTargets.HeaderAndData(all[^1].Bytes)];
        return new(
            name, [seed],
            (parts, random) =>
            {
                byte[][] files = [.. parts[..^2], FuzzTargets.WithHeader(parts[^2], parts[^1])];
                var list = List([.. all.Select(entry => entry.Name)], files);
                return [random.Next(8) == 0 ? new Mutator(random, [[list]]).Mutate([list])[0] : list, .. files];
            },
            parts =>
            {
                if (++_loads % LoadsOfAContext == 0) _context = new(seed: 1); // it remembers each transformer
                var hashes = SavedEntries.ReadHashes(new BinaryReader(new MemoryStream(parts[0])), name);
                var files = all.Select((entry, index) => (entry.Name, Bytes: parts[1 + index])).ToDictionary(file => file.Name, file => file.Bytes);
                using var transformer = load(new SavedEntries(name, hashes, (file, read) =>
                {
                    if (!files.TryGetValue(file, out var bytes)) return false;
                    read(new MemoryStream(bytes));
                    return true;
                }));
                var texts = new[] { "abba, dade.", "", "é 中 e" }.Select(text => text.AsMemory()).ToArray();
                transformer.Score(new TextBatch(texts, transformer.Texts.Second is null ? default : texts), new float[texts.Length * transformer.Width]);
            },
            Factor: 40); // it has a vocabulary
    }

    private static T Load<T>(SavedEntries entries) where T : TextTransformer, ILoadableModel<T> => T.Load(_context, entries);

    // As MLNetAccess writes it.
    private static byte[] List(string[] names, byte[][] files)
    {
        var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(files.Length);
        foreach (var (name, bytes) in names.Zip(files))
        {
            writer.Write(name);
            writer.Write(SHA256.HashData(bytes));
        }
        return stream.ToArray();
    }

    private static byte[] Bytes(ModelEntry entry)
    {
        var stream = new MemoryStream();
        entry.Write(stream);
        return stream.ToArray();
    }
}
