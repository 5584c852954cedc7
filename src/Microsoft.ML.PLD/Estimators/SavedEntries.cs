using System.Security.Cryptography;

namespace Microsoft.ML.PLD;

/// <summary>The parts of a model in model.zip, as <see cref="ModelEntry"/> wrote them: checked for damage before they are parsed.</summary>
/// <param name="model">The kind of model, for messages.</param>
/// <param name="hashes">The SHA-256 of each part.</param>
/// <param name="tryRead">Calls back with a part's contents, in a stream that can seek; false when there is no such part.</param>
internal sealed class SavedEntries(string model, IReadOnlyDictionary<string, byte[]> hashes, Func<string, Action<Stream>, bool> tryRead)
{
    /// <summary>Reads the hashes, at the head of the entries.</summary>
    /// <param name="reader">Stands before them.</param>
    /// <param name="model">The kind of model, for messages.</param>
    /// <exception cref="InvalidDataException">They are cut off or damaged.</exception>
    public static Dictionary<string, byte[]> ReadHashes(BinaryReader reader, string model)
    {
        try
        {
            var hashes = new Dictionary<string, byte[]>();
            for (var left = reader.ReadInt32(); left > 0; left--)
                hashes.Add(reader.ReadString(), reader.ReadBytes(SHA256.HashSizeInBytes));
            return hashes;
        }
        catch (Exception failure) when (failure is IOException or ArgumentException or FormatException)
        {
            throw new InvalidDataException($"The list of entries of the saved model '{model}' is damaged.", failure);
        }
    }

    /// <exception cref="InvalidDataException">
    /// The part is missing or damaged, or <paramref name="parse"/> does not understand it; the message names it.
    /// </exception>
    public T Read<T>(string name, Func<Stream, T> parse)
    {
        if (!hashes.TryGetValue(name, out var hash))
            throw new InvalidDataException($"The saved model '{model}' has no entry '{name}'; it has: {string.Join(", ", hashes.Keys)}.");
        T? value = default;
        var whole = true;
        bool found;
        try
        {
            found = tryRead(name, stream =>
            {
                whole = SHA256.HashData(stream).AsSpan().SequenceEqual(hash);
                stream.Position = 0;
                if (whole) value = parse(stream);
            });
        }
        catch (Exception failure) when (failure is not (OperationCanceledException or OutOfMemoryException or System.Runtime.InteropServices.ExternalException))
        {
            throw new InvalidDataException($"The entry '{name}' of the saved model '{model}' is damaged: {Excerpt.Of(failure.Message)}", failure);
        }
        if (!found) throw new InvalidDataException($"The entry '{name}' of the saved model '{model}' is missing from the file.");
        return whole
            ? value!
            : throw new InvalidDataException($"The entry '{name}' of the saved model '{model}' is damaged: it is not what was written (SHA-256).");
    }
}
