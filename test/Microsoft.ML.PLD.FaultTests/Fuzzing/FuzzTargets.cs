using System.Buffers.Binary;
using System.Text;
using TorchSharp;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>The parsers of all files that the library reads.</summary>
internal static class FuzzTargets
{
    private static readonly WordPieceVocabulary Vocabulary =
        WordPieceVocabulary.FromPieces(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. "abcde,.".Select(letter => letter.ToString()), "##a", "##b", "é", "中"]);

    private static readonly Dictionary<string, Func<string, FuzzTarget>> Makers = new()
    {
        ["model.safetensors"] = Safetensors,
        ["config.json"] = name => Json(name, text => HuggingFaceConfig.Parse(text, "fuzz"),
            HuggingFaceConfig.From(BertConfig.Base, padId: 0, NetworkDescription.MaskedLanguage).ToJson(),
            HuggingFaceConfig.From(BertConfig.Mini with { NormPlacement = NormPlacement.Post, Activation = Activation.Relu }, padId: 3, NetworkDescription.Pretraining).ToJson()),
        ["tokenizer_config.json"] = name => Json(name, text => HuggingFaceTokenizerConfig.ParseLowerCase(text, "fuzz"),
            """{"tokenizer_class":"BertTokenizer","do_lower_case":true,"model_max_length":512}""", """{ "do_lower_case": false, "added": [1, {"a": null}] }"""),
        ["vocab.txt"] = Text,
        ["token shard"] = Shard,
        ["training.json"] = State,
        ["model.zip, encoder"] = name => ModelEntries.Encoder(name, Vocabulary),
        ["model.zip, classifier"] = name => ModelEntries.Classifier(name, Vocabulary),
    };

    /// <summary>What they are called.</summary>
    public static IReadOnlyCollection<string> Names => Makers.Keys;

    /// <exception cref="ArgumentException">There is none of this name.</exception>
    public static FuzzTarget Make(string name) =>
        Makers.TryGetValue(name, out var make) ? make(name) : throw new ArgumentException($"There is no parser '{name}'; expected one of: {string.Join("; ", Names)}.");

    /// <summary>Eight bytes of length, the JSON, the tensors' bytes.</summary>
    public static byte[] WithHeader(byte[] json, byte[] data, long? length = null)
    {
        var prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, length ?? json.Length);
        return [.. prefix, .. json, .. data];
    }

    /// <summary>The JSON and the tensors' bytes of a safetensors file.</summary>
    public static byte[][] HeaderAndData(byte[] file)
    {
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        return [file[8..(8 + length)], file[(8 + length)..]];
    }

    private static FuzzTarget Safetensors(string name)
    {
        TorchRuntime.EnsureLoaded();
        using var scope = torch.NewDisposeScope();
        byte[] Write(Dictionary<string, torch.Tensor> tensors, Dictionary<string, string>? metadata = null)
        {
            var stream = new MemoryStream();
            SafetensorsWriter.Write(stream, tensors, metadata);
            return stream.ToArray();
        }
        var files = new[]
        {
            Write(new() { ["a"] = torch.arange(6).view(2, 3), ["b"] = torch.zeros(0), ["é.weight"] = torch.ones(5, dtype: torch.bfloat16), ["s"] = torch.tensor(1.5) }, new() { ["format"] = "pt" }),
            Write(new() { ["x"] = torch.ones(3, dtype: torch.uint8) }),
            Write([]),
        };
        return new(
            name, [.. files.Select(HeaderAndData)],
            (parts, random) => [WithHeader(parts[0], parts[1], random.Next(8) == 0 ? parts[0].Length + random.Next(-9, 10) : random.Next(64) == 0 ? random.NextInt64() : null)],
            parts =>
            {
                // As a file, and as an entry of an archive, which can be read forward only.
                foreach (var stream in new Stream[] { new MemoryStream(parts[0]), new ForwardStream(parts[0]) })
                {
                    using var scope = torch.NewDisposeScope();
                    using var reader = new SafetensorsReader(stream, "fuzz");
                    foreach (var (tensorName, tensor) in reader.ReadAll())
                        if (tensor.NumberOfElements * tensor.ElementSize > parts[0].Length) throw new InvalidOperationException($"'{tensorName}' is larger than its file.");
                }
            },
            Factor: 12);
    }

    private static FuzzTarget Json(string name, Action<byte[]> parse, params string[] seeds) => new(
        name, [.. seeds.Select(seed => new[] { Encoding.UTF8.GetBytes(seed) })], (parts, _) => parts, parts => parse(parts[0]), Factor: 24); // what .NET says of a long value that is none has it several times

    // A line of one letter takes a string, a place in a list and one in a dictionary.
    private static FuzzTarget Text(string name) => new(
        name, [[Lines(Vocabulary)], [Lines(WordPieceVocabulary.FromPieces(["[PAD]", "[MASK]", "[SEP]", "[CLS]", "[UNK]", .. Enumerable.Range(0, 300).Select(i => $"##{i}")]))]],
        (parts, _) => parts,
        parts =>
        {
            var tokenizer = new WordPieceTokenizer(WordPieceVocabulary.Load(new MemoryStream(parts[0]), "fuzz"));
            var ids = tokenizer.Encode("abba, é 中 \ud800 dade.", "e", maxLength: 9).Ids;
            if (ids.Length > 9 || ids.Any(id => id < 0 || id >= tokenizer.Vocabulary.Count)) throw new InvalidOperationException("Ids outside the vocabulary.");
        },
        Factor: 40);

    private static byte[] Lines(WordPieceVocabulary vocabulary)
    {
        var stream = new MemoryStream();
        vocabulary.Save(stream);
        return stream.ToArray();
    }

    private static FuzzTarget State(string name)
    {
        var state = new TrainingState
        {
            Stage = "Pre-training", Step = 12, DataPosition = 384, VocabularySha256 = Vocabulary.Sha256, MicroBatchSize = 16, Loss = double.NaN, Seconds = 1.5,
            Options = new Dictionary<string, string> { ["Seed"] = "1", ["Steps"] = "100" }, Runtime = new Dictionary<string, string> { ["Threads"] = "2" },
            Validations = [new(4, 6.5, 0.1), new(8, double.PositiveInfinity, 0)],
        };
        var stream = new MemoryStream();
        state.Write(stream);
        return new(name, [[stream.ToArray()]], (parts, _) => parts, parts => _ = TrainingState.Read(new MemoryStream(parts[0]), "fuzz").Best, Factor: 16);
    }

    // Header, tokens, starts of sentences, starts of documents.
    private static FuzzTarget Shard(string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"pld-fuzz-{Environment.ProcessId}")).FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var file = Path.Combine(folder, "shard-00000.tokens");
        return new(
            name, [ShardParts(300), ShardParts(70_000)],
            (parts, random) =>
            {
                var header = parts[0].Length >= TokenShardHeader.Size ? [.. parts[0]] : parts[0];
                if (header.Length == TokenShardHeader.Size && random.Next(8) != 0)
                {
                    // As somebody would who wants his damages behind the checks.
                    if (random.Next(2) == 0)
                    {
                        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(64), parts[2].Length / 4);
                        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(68), parts[3].Length / 4);
                    }
                    System.Security.Cryptography.SHA256.HashData([.. header[..TokenShardHeader.DigestAt], .. parts[2], .. parts[3]]).CopyTo(header, TokenShardHeader.DigestAt);
                }
                return [[.. header, .. parts[1], .. parts[2], .. parts[3]]];
            },
            parts =>
            {
                File.WriteAllBytes(file, parts[0]);
                using var corpus = TokenCorpus.Open(folder);
                var tokens = new int[Math.Min(corpus.TokenCount, 64)];
                for (long at = 0; at < corpus.TokenCount; at += tokens.Length) corpus.CopyTokens(at, tokens);
                if (corpus.DocumentAt(corpus.TokenCount - 1) != corpus.DocumentCount - 1 || corpus.SentenceStart(corpus.SentenceCount - 1) >= corpus.TokenCount)
                    throw new InvalidOperationException("The tables lead outside.");
                _ = corpus.Fingerprint;
            },
            Factor: 4);
    }

    private static byte[][] ShardParts(int vocabularySize)
    {
        int[] sentences = [0, 3, 5], documents = [0, 5];
        var header = new TokenShardHeader(Vocabulary.Sha256, vocabularySize, Index: 0, IsLast: true, TokenCount: 8, sentences.Length, documents.Length);
        var ids = Enumerable.Range(1, 8).SelectMany(id => header.BytesPerToken == 2 ? BitConverter.GetBytes((ushort)id) : BitConverter.GetBytes(id)).ToArray();
        return [header.ToBytes(sentences, documents), ids, [.. sentences.SelectMany(BitConverter.GetBytes)], [.. documents.SelectMany(BitConverter.GetBytes)]];
    }
}
