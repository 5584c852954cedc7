using System.Security.Cryptography;

namespace Glue;

/// <summary>SHA-256 of files, each read once.</summary>
internal sealed class FileHashes(CancellationToken cancellationToken = default)
{
    private readonly Dictionary<string, byte[]> _known = [];

    public byte[] Of(string file)
    {
        if (_known.TryGetValue(file, out var known)) return known;
        using var stream = File.OpenRead(file);
        return _known[file] = SHA256.HashDataAsync(stream, cancellationToken).AsTask().GetAwaiter().GetResult(); // which looks at the token, as files may be large
    }
}
