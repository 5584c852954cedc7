namespace Microsoft.ML.PLD;

/// <summary>Remembers the ids of words: a fixed number of slots, each holding the last word that fell into it.</summary>
/// <remarks>
/// Needs no locks, since an entry never changes and a reference is written whole: two threads that meet in a slot cost one of them its entry.
/// The hash is .NET's randomized one, so that no text can be made to fall into one slot; what is found does not depend on it.
/// </remarks>
internal sealed class WordCache
{
    private const int Slots = 1 << 16;

    private readonly Entry?[] _entries = new Entry?[Slots];

    public bool TryGet(ReadOnlySpan<char> word, out int slot, out int[] ids)
    {
        slot = string.GetHashCode(word) & (Slots - 1);
        var entry = Volatile.Read(ref _entries[slot]);
        ids = entry?.Ids ?? [];
        return entry is not null && word.SequenceEqual(entry.Word);
    }

    public void Put(int slot, ReadOnlySpan<char> word, int[] ids) => Volatile.Write(ref _entries[slot], new(word.ToString(), ids));

    private sealed record Entry(string Word, int[] Ids);
}
