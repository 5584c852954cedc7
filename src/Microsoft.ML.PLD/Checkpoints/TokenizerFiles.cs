using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.PLD;

/// <summary>A tokenizer in the files of Hugging Face's: vocab.txt or tokenizer.json, and tokenizer_config.json.</summary>
internal static class TokenizerFiles
{
    public const string Vocabulary = "vocab.txt", Settings = "tokenizer_config.json", Specials = "special_tokens_map.json", Fast = "tokenizer.json", Added = "added_tokens.json";

    private const string ClassName = "BertTokenizer", Model = "WordPiece", Normalizer = "BertNormalizer", PreTokenizer = "BertPreTokenizer", Unknown = "[UNK]";
    private const int LongestSettings = 1 << 20, LongestFast = 1 << 24;

    // Those whose files make the same pieces.
    private static readonly string[] Classes = [ClassName, "BertTokenizerFast", "ElectraTokenizer", "ElectraTokenizerFast", "DistilBertTokenizer", "DistilBertTokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend"];

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 16,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The names of the files.</summary>
    public static IReadOnlyList<string> All { get; } = [Vocabulary, Settings, Specials, Fast];

    /// <summary>Makes the files' contents.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="maxLength">The most tokens that the model reads.</param>
    /// <param name="add">Takes each file's name, and what writes it.</param>
    public static void Write(WordPieceTokenizer tokenizer, int maxLength, Action<string, Action<Stream>> add)
    {
        var specials = new Dictionary<string, string>
        {
            ["cls_token"] = "[CLS]", ["mask_token"] = "[MASK]", ["pad_token"] = "[PAD]", ["sep_token"] = "[SEP]", ["unk_token"] = Unknown,
        };
        add(Vocabulary, tokenizer.Vocabulary.Save);
        add(Settings, stream => JsonSerializer.Serialize(stream, new SortedDictionary<string, object>(specials.ToDictionary(special => special.Key, object (special) => special.Value), StringComparer.Ordinal)
        {
            ["tokenizer_class"] = ClassName, ["do_lower_case"] = tokenizer.LowerCase, ["tokenize_chinese_chars"] = true, ["model_max_length"] = maxLength,
        }, new JsonSerializerOptions(Json) { WriteIndented = true }));
        add(Specials, stream => JsonSerializer.Serialize(stream, specials, new JsonSerializerOptions(Json) { WriteIndented = true }));
        add(Fast, stream => JsonSerializer.Serialize(stream, FastFile(tokenizer), Json));
    }

    /// <summary>Reads the tokenizer of a model folder.</summary>
    /// <exception cref="FileNotFoundException">The folder has neither vocab.txt nor tokenizer.json.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or of a tokenizer that is not BERT's.</exception>
    public static WordPieceTokenizer Read(string folder)
    {
        var (vocabulary, settings, fast) = (Path.Combine(folder, Vocabulary), Path.Combine(folder, Settings), Path.Combine(folder, Fast));
        var said = File.Exists(settings) ? Parse<SettingsFile>(settings, LongestSettings, "a tokenizer's configuration") : new();
        if (said.TokenizerClass is { } name && !Classes.Contains(name)) throw Other(settings, "tokenizer_class", name, ClassName);
        if (File.Exists(vocabulary))
        {
            // Where the case is not said, tokenizer.json may know it; else, it is lower.
            var lower = said.DoLowerCase ?? (File.Exists(fast) ? Parse<FastTokenizer>(fast, LongestFast, "a tokenizer").Normalizer?.Lowercase : null) ?? true;
            CheckText(settings, lower, said.StripAccents, said.TokenizeChineseChars);
            var pieces = WordPieceVocabulary.FromFile(vocabulary);
            var added = Path.Combine(folder, Added);
            if (File.Exists(added)) CheckAdded(added, Parse<Dictionary<string, int>>(added, LongestSettings, "a list of added pieces").Where(piece => !pieces.TryGetId(piece.Key, out var id) || id != piece.Value).Select(piece => piece.Key));
            return new WordPieceTokenizer(pieces, lower);
        }
        if (!File.Exists(fast)) throw new FileNotFoundException($"The model folder '{folder}' has no {Vocabulary} and no {Fast}.", vocabulary);
        var whole = Parse<FastTokenizer>(fast, LongestFast, "a tokenizer");
        if (whole.Model.Type != Model) throw Other(fast, "model.type", whole.Model.Type, Model);
        if (whole.Normalizer?.Type != Normalizer) throw Other(fast, "normalizer.type", whole.Normalizer?.Type, Normalizer);
        if (whole.PreTokenizer?.Type != PreTokenizer) throw Other(fast, "pre_tokenizer.type", whole.PreTokenizer?.Type, PreTokenizer);
        if (whole.Model.UnkToken != Unknown) throw Other(fast, "model.unk_token", whole.Model.UnkToken, Unknown);
        if (whole.Model.ContinuingSubwordPrefix != WordPieceVocabulary.Continuation) throw Other(fast, "model.continuing_subword_prefix", whole.Model.ContinuingSubwordPrefix, WordPieceVocabulary.Continuation);
        var lowerCase = whole.Normalizer.Lowercase;
        CheckText(fast, lowerCase, whole.Normalizer.StripAccents, whole.Normalizer.HandleChineseChars);
        var all = VocabularyOf(whole, fast);
        CheckAdded(fast, (whole.AddedTokens ?? []).Where(token => token.Id >= all.Count).Select(token => token.Content ?? ""));
        return new WordPieceTokenizer(all, lowerCase);
    }

    private static WordPieceVocabulary VocabularyOf(FastTokenizer whole, string fast)
    {
        var pieces = new string?[whole.Model.Vocab.Count];
        foreach (var (piece, id) in whole.Model.Vocab)
            if ((uint)id >= (uint)pieces.Length || pieces[id] is not null) throw new InvalidDataException($"'{fast}' gives the piece '{Excerpt.Of(piece)}' the id {id}; expected each of 0 to {pieces.Length - 1} once.");
            else pieces[id] = piece;
        try
        {
            return WordPieceVocabulary.FromPieces(pieces!);
        }
        catch (InvalidDataException failure)
        {
            throw new InvalidDataException($"'{fast}': {failure.Message}", failure);
        }
    }

    // They are pieces that no word is cut into.
    private static void CheckAdded(string source, IEnumerable<string> added)
    {
        if (added.FirstOrDefault() is { } piece) throw new InvalidDataException($"'{source}' adds the piece '{Excerpt.Of(piece)}' to the vocabulary; this library has pieces of words only.");
    }

    private static void CheckText(string source, bool lowerCase, bool? stripsAccents, bool? cutsChinese)
    {
        if (stripsAccents is { } strips && strips != lowerCase) throw Other(source, "strip_accents", $"{strips}", $"null or {lowerCase}, as lower case is");
        if (cutsChinese is false) throw Other(source, "tokenize_chinese_chars", "False", "True");
    }

    private static InvalidDataException Other(string source, string field, string? found, string expected) =>
        new($"'{source}' is of another tokenizer than BERT's, which is all that this library has: {field} is '{Excerpt.Of(found ?? "null")}'; expected {expected}.");

    private static T Parse<T>(string path, int longest, string what)
    {
        using var stream = File.OpenRead(path);
        if (stream.Length > longest) throw new InvalidDataException($"'{path}' has {stream.Length} bytes; expected at most {longest}.");
        try
        {
            return UntrustedJson.Parse<T>(UntrustedJson.ReadAll(stream), Json);
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException($"'{path}' is not {what} in JSON: {Excerpt.Of(failure.Message)}", failure);
        }
    }

    // https://huggingface.co/docs/tokenizers: what BertTokenizerFast writes, with the template of post-processing in place of BertProcessing.
    private static object FastFile(WordPieceTokenizer tokenizer)
    {
        var vocabulary = tokenizer.Vocabulary;
        object Special(string piece, int type) => new Dictionary<string, object> { ["SpecialToken"] = new { Id = piece, TypeId = type } };
        object Sequence(string name, int type) => new Dictionary<string, object> { ["Sequence"] = new { Id = name, TypeId = type } };
        object Id(string piece) => new { Id = piece, Ids = new[] { IdOf(vocabulary, piece) }, Tokens = new[] { piece } };
        return new Dictionary<string, object?>
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = WordPieceVocabulary.SpecialPieces.OrderBy(piece => IdOf(vocabulary, piece)).Select(piece => new
            {
                Id = IdOf(vocabulary, piece),
                Content = piece,
                SingleWord = false,
                Lstrip = false,
                Rstrip = false,
                Normalized = false,
                Special = true,
            }),
            ["normalizer"] = new Dictionary<string, object?>
            {
                ["type"] = Normalizer, ["clean_text"] = true, ["handle_chinese_chars"] = true, ["strip_accents"] = null, ["lowercase"] = tokenizer.LowerCase,
            },
            ["pre_tokenizer"] = new { Type = PreTokenizer },
            ["post_processor"] = new Dictionary<string, object>
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new[] { Special("[CLS]", 0), Sequence("A", 0), Special("[SEP]", 0) },
                ["pair"] = new[] { Special("[CLS]", 0), Sequence("A", 0), Special("[SEP]", 0), Sequence("B", 1), Special("[SEP]", 1) },
                ["special_tokens"] = new Dictionary<string, object> { ["[CLS]"] = Id("[CLS]"), ["[SEP]"] = Id("[SEP]") },
            },
            ["decoder"] = new { Type = Model, Prefix = WordPieceVocabulary.Continuation, Cleanup = true },
            ["model"] = new
            {
                Type = Model,
                UnkToken = Unknown,
                ContinuingSubwordPrefix = WordPieceVocabulary.Continuation,
                MaxInputCharsPerWord = WordReader.LongestWord,
                Vocab = vocabulary.Pieces.Select((piece, id) => (piece, id)).ToDictionary(pair => pair.piece, pair => pair.id),
            },
        };
    }

    private static int IdOf(WordPieceVocabulary vocabulary, string piece) => vocabulary.TryGetId(piece, out var id) ? id : throw new InvalidOperationException($"There is no {piece}.");

    private sealed record SettingsFile
    {
        public string? TokenizerClass { get; init; }
        public bool? DoLowerCase { get; init; }
        public bool? StripAccents { get; init; }
        public bool? TokenizeChineseChars { get; init; }
    }

    private sealed record FastTokenizer
    {
        [JsonRequired]
        public FastModel Model { get; init; } = new();
        public FastNormalizer? Normalizer { get; init; }
        public FastPreTokenizer? PreTokenizer { get; init; }
        public IReadOnlyList<AddedToken>? AddedTokens { get; init; }
    }

    private sealed record AddedToken
    {
        public int Id { get; init; }
        public string? Content { get; init; }
    }

    private sealed record FastModel
    {
        public string? Type { get; init; }
        public string? UnkToken { get; init; }
        public string? ContinuingSubwordPrefix { get; init; }
        [JsonRequired]
        public Dictionary<string, int> Vocab { get; init; } = [];
    }

    private sealed record FastNormalizer
    {
        public string? Type { get; init; }
        public bool Lowercase { get; init; } = true;
        public bool? StripAccents { get; init; }
        public bool? HandleChineseChars { get; init; }
    }

    private sealed record FastPreTokenizer
    {
        public string? Type { get; init; }
    }
}
