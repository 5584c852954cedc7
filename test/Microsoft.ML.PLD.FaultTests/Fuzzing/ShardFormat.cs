using System.Security.Cryptography;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>A token shard, with a checksum of header and tables.</summary>
internal sealed class ShardFormat : BinaryFormat
{
    // By the documentation of the format, not by the library's code.
    private const int HeaderBytes = 128, DigestAt = 96, WidthAt = 12, TokensAt = 60;

    public override byte[] Mend(byte[] bytes)
    {
        if (bytes.Length < HeaderBytes) return bytes;
        var tables = HeaderBytes + ((long)BitConverter.ToInt32(bytes, TokensAt) * BitConverter.ToInt32(bytes, WidthAt) + 3 & ~3L);
        if (tables < HeaderBytes || tables > bytes.Length) return bytes;
        var mended = (byte[])bytes.Clone();
        SHA256.HashData([.. bytes.AsSpan(0, DigestAt), .. bytes.AsSpan((int)tables)]).CopyTo(mended, DigestAt);
        return mended;
    }
}
