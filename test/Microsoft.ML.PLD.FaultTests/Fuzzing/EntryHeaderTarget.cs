using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>The list of names and hashes at the head of a model's entries in model.zip.</summary>
internal sealed class EntryHeaderTarget : FuzzTarget
{
    public override IReadOnlyList<FuzzSeed> Seeds { get; } = [Seed(), Seed("settings.json"), Seed("settings.json", "config.json", "vocab.txt", "model.safetensors", "labels.json")];

    public override object? Parse(byte[] input)
    {
        using var reader = new BinaryReader(new MeteredStream(input, canSeek: false), Encoding.UTF8);
        return SavedEntries.ReadHashes(reader, "fuzz");
    }

    private static FuzzSeed Seed(params string[] names)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(names.Length);
        foreach (var name in names)
        {
            writer.Write(name);
            writer.Write(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        }
        return new(stream.ToArray(), new BinaryFormat());
    }
}
