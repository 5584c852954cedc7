using System.Security.Cryptography;
using System.Text;

namespace Glue;

/// <summary>Short hashes: the same for the same content only.</summary>
internal static class Fingerprints
{
    private const int Digits = 16;

    /// <summary>Of files, in order.</summary>
    public static string Of(IEnumerable<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            using var stream = File.OpenRead(file);
            hash.AppendData(SHA256.HashData(stream));
        }
        return Short(hash.GetHashAndReset());
    }

    public static string OfText(string text) => Short(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Short(byte[] hash) => Convert.ToHexStringLower(hash)[..Digits];
}
