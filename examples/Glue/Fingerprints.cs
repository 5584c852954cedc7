using System.Security.Cryptography;
using System.Text;

namespace Glue;

/// <summary>Short hashes: the same for the same content only.</summary>
internal static class Fingerprints
{
    private const int Digits = 16;

    /// <summary>Of files, in order.</summary>
    public static string Of(IEnumerable<string> files) => Of(files, new FileHashes());

    /// <summary>Of files, in order, some of which have been read before.</summary>
    public static string Of(IEnumerable<string> files, FileHashes hashes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files) hash.AppendData(hashes.Of(file));
        return Short(hash.GetHashAndReset());
    }

    public static string OfText(string text) => Short(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Short(byte[] hash) => Convert.ToHexStringLower(hash)[..Digits];
}
