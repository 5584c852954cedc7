using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.PLD;

/// <summary>
/// The symbol versions that a 64-bit little-endian ELF library demands of the libraries it links to
/// (section <c>.gnu.version_r</c>, "Version Needs").
/// </summary>
/// <remarks>The file is not trusted: every number in it is checked before use, and the work is linear in its size.</remarks>
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

        byte[] demandedName = Terminated(demanded), substituteName = Terminated(substitute);
        uint? substituteAt = null;
        var demandedAt = new List<int>();
        foreach (var at in Auxiliaries(library, needs))
        {
            var name = UInt32(library, at + 8); // vna_name: where in the string table
            if (IsName(library[names], name, substituteName)) substituteAt = name;
            if (IsName(library[names], name, demandedName)) demandedAt.Add(at);
        }
        if (substituteAt is null || demandedAt.Count == 0) return null;

        var copy = library.ToArray();
        foreach (var at in demandedAt)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(copy.AsSpan(at), Hash(substitute));      // vna_hash
            BinaryPrimitives.WriteUInt32LittleEndian(copy.AsSpan(at + 8), substituteAt.Value); // vna_name
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
        if (entrySize != SectionHeaderSize || !IsInside(library, table, (ulong)count * SectionHeaderSize)) return false;

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
        var inside = IsInside(library, offset, size);
        contents = inside ? (int)offset..(int)(offset + size) : default;
        return inside;
    }

    // Written so that no sum can overflow.
    private static bool IsInside(ReadOnlySpan<byte> library, ulong offset, ulong size) =>
        offset <= (ulong)library.Length && size <= (ulong)library.Length - offset;

    // Each library needed has a chain of auxiliaries, one for each version. Offsets are 32-bit and relative, hence the longs.
    private static List<int> Auxiliaries(ReadOnlySpan<byte> library, Range needs)
    {
        var found = new List<int>();
        long need = needs.Start.Value, end = needs.End.Value;
        var room = (end - need) / AuxiliarySize; // chains that overlap or run in circles end here
        while (need + NeedSize <= end)
        {
            var auxiliary = need + UInt32(library, (int)need + 8);
            for (int left = UInt16(library, (int)need + 2); left > 0 && auxiliary + AuxiliarySize <= end && found.Count < room; left--)
            {
                found.Add((int)auxiliary);
                auxiliary += UInt32(library, (int)auxiliary + 12);
            }
            var next = UInt32(library, (int)need + 12);
            if (next < NeedSize) break; // 0 ends the chain
            need += next;
        }
        return found;
    }

    private static byte[] Terminated(string name) => [.. Encoding.ASCII.GetBytes(name), 0];

    private static bool IsName(ReadOnlySpan<byte> table, uint offset, ReadOnlySpan<byte> terminatedName) =>
        offset < table.Length && table[(int)offset..].StartsWith(terminatedName);

    private static ushort UInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
    private static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
    private static ulong UInt64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
