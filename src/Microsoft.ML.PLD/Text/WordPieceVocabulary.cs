using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.PLD;

/// <summary>The pieces a <see cref="WordPieceTokenizer"/> cuts words into, and their ids. Immutable and safe for use by several threads.</summary>
/// <remarks>
/// The file is BERT's vocab.txt: UTF-8, one piece a line, the id is the line's number from 0, a piece that continues a word starts with ##.
/// The five special pieces [PAD], [UNK], [CLS], [SEP] and [MASK] must be there, at any id.
/// </remarks>
public sealed class WordPieceVocabulary
{
    /// <summary>The most pieces a vocabulary may have: 1,048,576.</summary>
    public const int MaximumCount = 1 << 20;

    /// <summary>The most UTF-16 characters a piece may have: 512.</summary>
    public const int MaximumPieceLength = 512;

    internal const string Continuation = "##";

    /// <summary>In the order in which <see cref="WordPieceTrainer"/> gives them ids, so that [PAD] is 0.</summary>
    internal static readonly string[] SpecialPieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    private const int LongestFile = 1 << 27;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string[] _pieces;
    private readonly bool[] _continues;
    private readonly Dictionary<string, int> _ids;

    /// <param name="pieces">Each is checked before the next one is made.</param>
    /// <param name="count">The number of <paramref name="pieces"/>: tables that grow would take twice the memory.</param>
    /// <param name="source">What to call it in messages.</param>
    private WordPieceVocabulary(IEnumerable<string> pieces, int count, string source)
    {
        if (count == 0)
            throw new InvalidDataException($"The vocabulary {source} is empty; expected one piece a line, as in BERT's vocab.txt.");
        if (count > MaximumCount)
            throw new InvalidDataException($"The vocabulary {source} has more than {MaximumCount:N0} pieces, which is the most that is allowed.");
        _pieces = new string[count];
        _continues = new bool[count];
        _ids = new(count, StringComparer.Ordinal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> encoded = stackalloc byte[MaximumPieceLength * 3];
        var id = 0;
        foreach (var piece in pieces)
        {
            Check(piece, id, source);
            if (!_ids.TryAdd(piece, id))
                throw new InvalidDataException($"The vocabulary {source} has the piece '{piece}' twice: in lines {_ids[piece] + 1} and {id + 1}.");
            if (id > 0) hash.AppendData("\n"u8);
            hash.AppendData(encoded[..Encoding.UTF8.GetBytes(piece, encoded)]);
            _continues[id] = piece.StartsWith(Continuation, StringComparison.Ordinal);
            _pieces[id++] = piece;
        }
        Pieces = Array.AsReadOnly(_pieces);
        Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        var missing = SpecialPieces.Where(piece => !_ids.ContainsKey(piece)).ToArray();
        if (missing.Length > 0)
            throw new InvalidDataException(
                $"The vocabulary {source} ({Count:N0} pieces) lacks {string.Join(", ", missing)}; "
                + $"a BERT vocabulary has each of {string.Join(", ", SpecialPieces)} on a line of its own.");
        PadId = _ids["[PAD]"];
        UnknownId = _ids["[UNK]"];
        ClassifyId = _ids["[CLS]"];
        SeparatorId = _ids["[SEP]"];
        MaskId = _ids["[MASK]"];
    }

    /// <summary>How many pieces there are; ids run from 0 to one less.</summary>
    public int Count => _pieces.Length;

    /// <summary>The pieces, in the order of their ids.</summary>
    public IReadOnlyList<string> Pieces { get; }

    /// <summary>The id of [PAD], which fills up short sequences.</summary>
    public int PadId { get; }

    /// <summary>The id of [UNK], which stands for a word that the pieces cannot spell.</summary>
    public int UnknownId { get; }

    /// <summary>The id of [CLS], the first of every sequence.</summary>
    public int ClassifyId { get; }

    /// <summary>The id of [SEP], which ends every text.</summary>
    public int SeparatorId { get; }

    /// <summary>The id of [MASK], which hides a piece in masked language modelling.</summary>
    public int MaskId { get; }

    /// <summary>SHA-256 of the pieces, joined by line feeds, in UTF-8: 64 lower-case hexadecimal digits. Two vocabularies with the same value are the same.</summary>
    public string Sha256 { get; }

    /// <summary>Reads a vocab.txt.</summary>
    /// <param name="path">The file: UTF-8, one piece a line.</param>
    /// <returns>The vocabulary.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is empty, lacks a special piece, has a piece twice, an empty or overlong line, or is not UTF-8.</exception>
    public static WordPieceVocabulary FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no vocabulary file '{path}' (full path '{Path.GetFullPath(path)}').", path);
        using var stream = File.OpenRead(path);
        return Load(stream, $"'{path}'");
    }

    /// <summary>Makes a vocabulary of the given pieces; their places are their ids.</summary>
    /// <param name="pieces">All pieces, special ones included.</param>
    /// <returns>The vocabulary.</returns>
    /// <exception cref="InvalidDataException">There are no pieces, one occurs twice, is empty or too long, or a special one is missing.</exception>
    public static WordPieceVocabulary FromPieces(IEnumerable<string> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        var all = pieces.Take(MaximumCount + 1).ToArray();
        return new(all, all.Length, "given");
    }

    /// <summary>Looks a piece up.</summary>
    /// <param name="piece">The piece as it is spelt in the file, with its ## if it continues a word.</param>
    /// <param name="id">Its id, or 0 if it is not there.</param>
    /// <returns>Whether it is there.</returns>
    public bool TryGetId(string piece, out int id) => _ids.TryGetValue(piece, out id);

    /// <summary>Whether the piece continues a word, that is, starts with ##.</summary>
    /// <param name="id">0 to <see cref="Count"/> - 1.</param>
    /// <returns>Whether it does.</returns>
    public bool IsContinuation(int id) => _continues[id];

    /// <summary>Whether the id is that of [PAD], [UNK], [CLS], [SEP] or [MASK].</summary>
    /// <param name="id">Any number.</param>
    /// <returns>Whether it is.</returns>
    public bool IsSpecial(int id) => id == PadId || id == UnknownId || id == ClassifyId || id == SeparatorId || id == MaskId;

    /// <summary>Writes a vocab.txt, whole or not at all: to a file beside it first, which then takes its place.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, Save);
    }

    /// <summary>Writes the lines of a vocab.txt. The stream stays open.</summary>
    internal void Save(Stream stream)
    {
        using var writer = new StreamWriter(stream, StrictUtf8, leaveOpen: true) { NewLine = "\n" };
        foreach (var piece in _pieces) writer.WriteLine(piece);
    }

    /// <summary>Reads the lines of a vocab.txt up to the end of the stream, which stays open.</summary>
    /// <param name="stream">Can seek. May come from a stranger: lines and their number are bounded.</param>
    /// <param name="source">What to call it in messages, in quotes if it is a name.</param>
    internal static WordPieceVocabulary Load(Stream stream, string source)
    {
        var length = stream.Length - stream.Position;
        if (length > LongestFile) throw new InvalidDataException($"The vocabulary {source} has {length:N0} bytes; expected at most {LongestFile:N0}.");
        var text = new byte[length];
        stream.ReadExactly(text);
        try
        {
            return new(Lines(text).Select((line, id) => Decode(line.Span, id, source)), Lines(text).Count(), source);
        }
        catch (DecoderFallbackException error)
        {
            throw new InvalidDataException($"The vocabulary {source} is not UTF-8 text: {error.Message}", error);
        }
    }

    /// <summary>Up to the first one that is empty: no memory is taken for those after it.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Lines(byte[] text)
    {
        var rest = text.AsMemory(text.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0);
        while (!rest.IsEmpty)
        {
            var length = rest.Span.IndexOf((byte)'\n');
            var line = length < 0 ? rest : rest[..length];
            rest = rest[Math.Min(rest.Length, line.Length + 1)..];
            if (!line.IsEmpty && line.Span[^1] == '\r') line = line[..^1];
            yield return line;
            if (line.IsEmpty) yield break;
        }
    }

    private static string Decode(ReadOnlySpan<byte> line, int id, string source) =>
        line.Length <= MaximumPieceLength * 3 ? StrictUtf8.GetString(line) : throw TooLong(id, source);

    private static void Check(string piece, int id, string source)
    {
        if (string.IsNullOrEmpty(piece) || piece == Continuation)
            throw new InvalidDataException($"The vocabulary {source} has no piece in line {id + 1}: it is '{piece}'. The line's number is the piece's id, so none may be left empty.");
        if (piece.Length > MaximumPieceLength) throw TooLong(id, source);
        if (piece.AsSpan().ContainsAny('\r', '\n') || !IsWellFormed(piece))
            throw new InvalidDataException($"The vocabulary {source} has a line break or half a surrogate pair inside piece {id + 1}; a file could not hold it.");
    }

    private static bool IsWellFormed(string piece)
    {
        for (var rest = piece.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var width) != OperationStatus.Done) return false;
            rest = rest[width..];
        }
        return true;
    }

    private static InvalidDataException TooLong(int id, string source) =>
        new($"The vocabulary {source} has more than {MaximumPieceLength} characters in line {id + 1}; is it a vocab.txt, with one piece a line?");
}
