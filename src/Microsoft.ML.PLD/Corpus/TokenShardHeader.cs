using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Microsoft.ML.PLD;

/// <summary>The first 128 bytes of a token shard: what was tokenized with which vocabulary, and where everything lies.</summary>
/// <remarks>
/// A shard is, in little endian: this header; the token ids (2 or 4 bytes each, then zeros up to a multiple of 4 bytes);
/// the starts of sentences, then those of documents, as 32-bit offsets into the tokens. A document may run on in the next shard.
/// <code>
///   0  "PLDTOKEN"             48  vocabulary size      64  sentences
///   8  format version         52  index of the shard   68  documents
///  12  bytes per token        56  1 in the last shard  72  zeros
///  16  vocabulary's SHA-256   60  tokens               96  SHA-256 of bytes 0 to 95 and both tables
/// </code>
/// </remarks>
internal sealed record TokenShardHeader(
    string VocabularySha256, int VocabularySize, int Index, bool IsLast, int TokenCount, int SentenceCount, int DocumentCount)
{
    public const int Size = 128, DigestAt = 96;
    private const int Version = 1, HashSize = 32;
    private static ReadOnlySpan<byte> Magic => "PLDTOKEN"u8;

    public int BytesPerToken => WidthFor(VocabularySize);
    public long SentencesAt => Size + (((long)TokenCount * BytesPerToken + 3) & ~3L);
    public long DocumentsAt => SentencesAt + (long)SentenceCount * sizeof(int);
    public long FileLength => DocumentsAt + (long)DocumentCount * sizeof(int);

    public static int WidthFor(int vocabularySize) => vocabularySize <= 1 << 16 ? sizeof(ushort) : sizeof(int);

    public byte[] ToBytes(ReadOnlySpan<int> sentenceStarts, ReadOnlySpan<int> documentStarts)
    {
        var bytes = new byte[Size];
        Magic.CopyTo(bytes);
        Convert.FromHexString(VocabularySha256).CopyTo(bytes, 16);
        Set(8, Version);
        Set(12, BytesPerToken);
        Set(48, VocabularySize);
        Set(52, Index);
        Set(56, IsLast ? 1 : 0);
        Set(60, TokenCount);
        Set(64, SentenceCount);
        Set(68, DocumentCount);
        Digest(bytes, sentenceStarts, documentStarts).CopyTo(bytes, DigestAt);
        return bytes;

        void Set(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);
    }

    /// <summary>Reads a header and checks it against the length of its file, before anything is mapped or allocated.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a header of this version, or promise another length.</exception>
    public static TokenShardHeader Parse(ReadOnlySpan<byte> bytes, string file, long fileLength)
    {
        if (bytes.Length < Size || !bytes.StartsWith(Magic))
            throw new InvalidDataException($"'{file}' is not a token shard: expected a header of {Size} bytes that begins with PLDTOKEN.");
        if (Get(bytes, 8) != Version)
            throw new InvalidDataException($"The token shard '{file}' has format version {Get(bytes, 8)}; this library reads version {Version}.");

        var header = new TokenShardHeader(
            Convert.ToHexStringLower(bytes.Slice(16, HashSize)), Get(bytes, 48), Get(bytes, 52), Get(bytes, 56) == 1, Get(bytes, 60), Get(bytes, 64), Get(bytes, 68));
        if (header.VocabularySize < 1 || header.Index < 0 || Get(bytes, 12) != header.BytesPerToken
            || header.SentenceCount < 1 || header.SentenceCount > header.TokenCount
            || header.DocumentCount < 0 || header.DocumentCount > header.SentenceCount)
            throw Damaged(file, "its header contradicts itself");
        if (header.FileLength != fileLength)
            throw Damaged(file, $"it has {fileLength} bytes, and its header promises {header.FileLength}");
        return header;
    }

    /// <summary>Checks the tables against the header and against each other, in one pass: what passes cannot lead outside the tokens.</summary>
    public void CheckTables(ReadOnlySpan<byte> header, ReadOnlySpan<int> sentenceStarts, ReadOnlySpan<int> documentStarts, string file)
    {
        if (!Digest(header, sentenceStarts, documentStarts).AsSpan().SequenceEqual(header.Slice(DigestAt, HashSize)))
            throw Damaged(file, "the checksum of its header and tables is wrong");
        var document = 0;
        for (var i = 0; i < sentenceStarts.Length; i++)
        {
            if (i == 0 ? sentenceStarts[0] != 0 : sentenceStarts[i] <= sentenceStarts[i - 1]) throw Damaged(file, "its sentences are out of order");
            if (document < documentStarts.Length && documentStarts[document] == sentenceStarts[i]) document++;
        }
        if (sentenceStarts[^1] >= TokenCount) throw Damaged(file, "a sentence lies beyond its tokens");
        if (document < documentStarts.Length) throw Damaged(file, "a document does not begin with a sentence");
    }

    public static InvalidDataException Damaged(string file, string how) =>
        new($"The token shard '{file}' is damaged: {how}. Build the corpus again.");

    private static int Get(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes[at..]);

    private static byte[] Digest(ReadOnlySpan<byte> header, ReadOnlySpan<int> sentenceStarts, ReadOnlySpan<int> documentStarts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header[..DigestAt]);
        hash.AppendData(MemoryMarshal.AsBytes(sentenceStarts));
        hash.AppendData(MemoryMarshal.AsBytes(documentStarts));
        return hash.GetHashAndReset();
    }
}
