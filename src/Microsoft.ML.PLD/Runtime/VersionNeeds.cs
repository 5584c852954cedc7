using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.PLD;

/// <summary>
/// The symbol versions that a 64-bit little-endian ELF library demands of the libraries it links to
/// (section <c>.gnu.version_r</c>, "Version Needs").
/// </summary>
/// <remarks>
/// LibTorchSharp 0.107 was linked with GCC 13 and so demands GLIBCXX_3.4.32 of libstdc++. The only symbol of that version is
/// <c>_ZSt21ios_base_library_initv</c>, a marker that is never called. Distributions with GCC 12 (Debian 12, Ubuntu 22.04, RHEL 9)
/// have everything else, and refuse to load the library only because of that name.
/// </remarks>
internal static class VersionNeeds
{
    private const uint SectionTypeVersionNeeds = 0x6ffffffe; // SHT_GNU_verneed
    private const int HeaderSize = 64, SectionHeaderSize = 64, NeedSize = 16, AuxiliarySize = 16;

    /// <summary>Returns a copy of <paramref name="library"/> that demands <paramref name="substitute"/> wherever it demanded <paramref name="demanded"/>.</summary>
    /// <returns>The copy, or null when the library is not such an ELF file or does not name both versions.</returns>
    public static byte[]? Replace(ReadOnlySpan<byte> library, string demanded, string substitute)
    {
        if (library.Length < HeaderSize || !library[..6].SequenceEqual("\u007fELF\u0002\u0001"u8)) return null;
        if (!TryFindVersionNeeds(library, out var needs, out var names)) return null;

        uint? substituteName = null;
        var demandedAt = new List<int>();
        foreach (var at in Auxiliaries(library, needs))
        {
            var nameOffset = UInt32(library, at + 8);
            var name = NameAt(library, names, nameOffset);
            if (name == substitute) substituteName = nameOffset;
            if (name == demanded) demandedAt.Add(at);
        }
        if (substituteName is null || demandedAt.Count == 0) return null;

        var copy = library.ToArray();
        foreach (var at in demandedAt)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(copy.AsSpan(at), Hash(substitute));         // vna_hash
            BinaryPrimitives.WriteUInt32LittleEndian(copy.AsSpan(at + 8), substituteName.Value); // vna_name
        }
        return copy;
    }

    /// <summary>The System V ABI's hash of a symbol or version name.</summary>
    internal static uint Hash(string name)
    {
        uint hash = 0;
        foreach (var c in Encoding.ASCII.GetBytes(name))
        {
            hash = (hash << 4) + c;
            var high = hash & 0xf0000000;
            hash = (hash ^ (high >> 24)) & ~high;
        }
        return hash;
    }

    private static bool TryFindVersionNeeds(ReadOnlySpan<byte> library, out Range needs, out Range names)
    {
        needs = names = default;
        var table = UInt64(library, 40);
        int entrySize = UInt16(library, 58), count = UInt16(library, 60);
        if (entrySize != SectionHeaderSize || table + (ulong)count * SectionHeaderSize > (ulong)library.Length) return false;

        for (var i = 0; i < count; i++)
        {
            var header = (int)table + i * SectionHeaderSize;
            if (UInt32(library, header + 4) != SectionTypeVersionNeeds) continue;
            var link = UInt32(library, header + 40); // the string table that the names are in
            return link < count
                && TryContents(library, header, out needs)
                && TryContents(library, (int)table + (int)link * SectionHeaderSize, out names);
        }
        return false;
    }

    private static bool TryContents(ReadOnlySpan<byte> library, int header, out Range contents)
    {
        ulong offset = UInt64(library, header + 24), size = UInt64(library, header + 32);
        var inside = offset <= (ulong)library.Length && size <= (ulong)library.Length - offset;
        contents = inside ? (int)offset..(int)(offset + size) : default;
        return inside;
    }

    private static List<int> Auxiliaries(ReadOnlySpan<byte> library, Range needs)
    {
        var found = new List<int>();
        int need = needs.Start.Value, end = needs.End.Value;
        while (need + NeedSize <= end)
        {
            int count = UInt16(library, need + 2), auxiliary = need + (int)UInt32(library, need + 8);
            for (var i = 0; i < count && auxiliary >= needs.Start.Value && auxiliary + AuxiliarySize <= end; i++)
            {
                found.Add(auxiliary);
                auxiliary += (int)UInt32(library, auxiliary + 12);
            }
            var next = (int)UInt32(library, need + 12);
            if (next <= 0) break;
            need += next;
        }
        return found;
    }

    private static string? NameAt(ReadOnlySpan<byte> library, Range names, uint offset)
    {
        var table = library[names];
        if (offset >= table.Length) return null;
        var rest = table[(int)offset..];
        var end = rest.IndexOf((byte)0);
        return end < 0 ? null : Encoding.ASCII.GetString(rest[..end]);
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
    private static ulong UInt64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
