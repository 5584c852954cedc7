namespace Microsoft.ML.PLD;

/// <summary>Cuts the tokens of a text, or of a pair, to the room that there is.</summary>
internal static class TextCut
{
    private const int HeadShare = 4; // LongTexts.HeadAndTail: 128 of 510 tokens, as Sun et al.

    /// <param name="first">A text.</param>
    /// <param name="second">The second sentence of a pair, or empty.</param>
    /// <param name="room">Tokens that can be kept of both.</param>
    /// <param name="how">Which.</param>
    /// <param name="stride">Tokens from one window's beginning to the next one's; 0: half a window.</param>
    /// <returns>One pair, or several windows, in order.</returns>
    public static IReadOnlyList<(int[] First, int[] Second)> Apply(ReadOnlySpan<int> first, ReadOnlySpan<int> second, int room, LongTexts how, int stride)
    {
        if (first.Length + second.Length <= room) return [(first.ToArray(), second.ToArray())];
        if (how == LongTexts.SlidingWindows) return Windows(first, second, room, stride);
        var (ofFirst, ofSecond) = LongestFirst(first.Length, second.Length, room);
        return [(Keep(first, ofFirst, how), Keep(second, ofSecond, how))];
    }

    /// <summary>How many tokens of each are kept: always one less of the longer, and of equal ones of the second, as BERT does.</summary>
    public static (int First, int Second) LongestFirst(int first, int second, int room)
    {
        while (first + second > room)
        {
            if (first > second) first--;
            else second--;
        }
        return (first, second);
    }

    private static int[] Keep(ReadOnlySpan<int> text, int count, LongTexts how)
    {
        if (count >= text.Length) return text.ToArray();
        var head = how switch { LongTexts.Tail => 0, LongTexts.HeadAndTail => count / HeadShare, _ => count };
        return [.. text[..head], .. text[^(count - head)..]];
    }

    private static List<(int[], int[])> Windows(ReadOnlySpan<int> first, ReadOnlySpan<int> second, int room, int stride)
    {
        var slidesFirst = first.Length > second.Length;
        var sliding = slidesFirst ? first : second;
        var still = slidesFirst ? second : first;
        still = still[..Math.Min(still.Length, room / 2)];
        var size = room - still.Length;
        // Never more than a window, which the room, and in pairs the other sentence, make smaller than the option can know.
        stride = Math.Clamp(stride > 0 ? stride : size / 2, 1, size);
        var windows = new List<(int[], int[])>();
        // The last one ends with the text, so that all are full.
        for (var start = 0; ; start = Math.Min(start + stride, sliding.Length - size))
        {
            int[] window = sliding.Slice(start, Math.Min(size, sliding.Length)).ToArray(), other = still.ToArray();
            windows.Add(slidesFirst ? (window, other) : (other, window));
            if (start + size >= sliding.Length) return windows;
        }
    }
}
