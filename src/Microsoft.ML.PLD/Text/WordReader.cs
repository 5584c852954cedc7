using System.Buffers;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.PLD;

/// <summary>
/// Walks over the words of a text as BERT's basic tokenizer sees them: cleaned, in lower case and without accents if so wished,
/// cut at whitespace, each punctuation mark and each Chinese character alone.
/// </summary>
/// <remarks>
/// <para>The order of the steps is that of the Hugging Face tokenizer: control, format, private-use and replacement characters go;
/// Chinese characters are set apart; canonical decomposition; nonspacing marks go; lower case by single characters; cuts.
/// Unpaired surrogates are what no UTF-8 text can hold: they read as replacement characters, and go.</para>
/// <para>Plain ASCII, most of most texts, needs none of this but a table. A stretch between ASCII blanks with anything else in it takes the long way.</para>
/// </remarks>
internal ref struct WordReader
{
    /// <summary>Of the buffer to be lent. A longer word in ASCII is cut to this length, which is still over <see cref="LongestWord"/>.</summary>
    public const int BufferLength = LongestWord + 1;

    /// <summary>In code points; the reference gives up on longer ones.</summary>
    public const int LongestWord = 100;

    private static readonly byte[] Ascii = [.. Enumerable.Range(0, 128).Select(c => ClassOf((char)c))];

    private static readonly SearchValues<char> Blanks = SearchValues.Create(" \t\r\n");

    private const byte Letter = 0, Blank = 1, Mark = 2, Dropped = 3;

    private readonly bool _lowerCase;
    private readonly Span<char> _buffer;
    private ReadOnlySpan<char> _text;
    private ReadOnlySpan<char> _normalized;

    public WordReader(ReadOnlySpan<char> text, bool lowerCase, Span<char> buffer)
    {
        _text = text;
        _lowerCase = lowerCase;
        _buffer = buffer[..BufferLength];
    }

    /// <summary>Valid until the next word is read.</summary>
    public ReadOnlySpan<char> Word { get; private set; }

    /// <summary>Whether the word is longer than BERT takes: it becomes [UNK] whole.</summary>
    public readonly bool IsTooLong => Word.Length > LongestWord && CodePoints(Word) > LongestWord;

    /// <summary>Fails where .NET was told to do without Unicode's tables: it would leave accents on, and nobody would know why the ids are wrong.</summary>
    public static void RequireDecomposition()
    {
        if ("\u00E9".Normalize(NormalizationForm.FormD).Length == 1)
            throw new PlatformNotSupportedException(
                "This process runs in .NET's globalization-invariant mode, which cannot take accents off letters, as an uncased vocabulary needs. "
                + "Set InvariantGlobalization to false in the project or DOTNET_SYSTEM_GLOBALIZATION_INVARIANT to 0 in the environment, and install ICU "
                + "(libicu; on Alpine icu-libs), or use a cased vocabulary with lowerCase: false.");
    }

    public bool Read()
    {
        while (true)
        {
            if (ReadNormalized()) return true;
            if (_text.IsEmpty) return false;
            if (ReadAscii()) return true;
        }
    }

    /// <summary>One word of ASCII characters, or none if there is other work first: blanks skipped, a stretch normalized.</summary>
    private bool ReadAscii()
    {
        var length = 0;
        for (var i = 0; i < _text.Length; i++)
        {
            var c = _text[i];
            if (c >= 128)
            {
                Normalize();
                return false;
            }
            switch (Ascii[c])
            {
                case Letter:
                    if (length < BufferLength) _buffer[length++] = _lowerCase && (uint)(c - 'A') <= 'Z' - 'A' ? (char)(c | 0x20) : c;
                    continue;
                case Dropped:
                    continue;
                case Mark when length == 0:
                    _buffer[length++] = c;
                    i++;
                    break;
                case Blank when length == 0:
                    // A dropped character before a blank must not come again.
                    _text = _text[(i + 1)..];
                    i = -1;
                    continue;
            }
            return Found(i, length);
        }
        return Found(_text.Length, length);
    }

    private bool Found(int end, int length)
    {
        _text = _text[end..];
        Word = _buffer[..length];
        return length > 0;
    }

    /// <summary>A word of what <see cref="Normalize"/> left.</summary>
    private bool ReadNormalized()
    {
        var start = 0;
        while (start < _normalized.Length && _normalized[start] == ' ') start++;
        var end = start;
        while (end < _normalized.Length && _normalized[end] != ' ')
        {
            Rune.DecodeFromUtf16(_normalized[end..], out var rune, out var width);
            if (!IsPunctuation(rune))
            {
                end += width;
                continue;
            }
            if (end == start) end += width;
            break;
        }
        Word = _normalized[start..end];
        _normalized = _normalized[end..];
        return end > start;
    }

    /// <summary>Takes the text up to the next ASCII blank. What was before is ASCII, so nothing decomposes or reorders over the edge.</summary>
    private void Normalize()
    {
        var end = _text.IndexOfAny(Blanks);
        if (end < 0) end = _text.Length;
        var clean = Clean(_text[..end]);
        _text = _text[end..];
        _normalized = _lowerCase ? WithoutAccents(clean) : clean;
    }

    private static string Clean(ReadOnlySpan<char> text)
    {
        var clean = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsDropped(rune)) continue;
            if (Rune.IsWhiteSpace(rune)) clean.Append(' ');
            else if (IsChinese(rune.Value)) clean.Append(' ').Append(rune).Append(' ');
            else clean.Append(rune);
        }
        return clean.ToString();
    }

    private static string WithoutAccents(string text)
    {
        var plain = new StringBuilder(text.Length);
        text = text.Replace('\uFFFE', '\uFFFF'); // .NET decomposes no text with the former; neither is a character, nor in any vocabulary
        foreach (var rune in text.Normalize(NormalizationForm.FormD).EnumerateRunes())
            if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark) plain.Append(Rune.ToLowerInvariant(rune));
        return plain.ToString();
    }

    private static bool IsDropped(Rune rune) => rune == Rune.ReplacementChar || rune.Value is not ('\t' or '\n' or '\r')
        && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse;

    public static bool IsPunctuation(Rune rune) => rune.IsAscii ? Ascii[rune.Value] == Mark : Rune.IsPunctuation(rune);

    /// <summary>The blocks of Chinese ideographs in Google's tokenization.py; not Hangul, Hiragana or Katakana, which are written in words.</summary>
    public static bool IsChinese(int c) => c >= 0x3400
        && c is <= 0x4DBF or >= 0x4E00 and <= 0x9FFF or >= 0xF900 and <= 0xFAFF or >= 0x20000 and <= 0x2A6DF
            or >= 0x2A700 and <= 0x2B73F or >= 0x2B740 and <= 0x2B81F or >= 0x2B820 and <= 0x2CEAF or >= 0x2F800 and <= 0x2FA1F;

    /// <summary>In ASCII, the symbols $+&lt;=&gt;^`|~ count as punctuation too.</summary>
    private static byte ClassOf(char c) => c switch
    {
        ' ' or '\t' or '\n' or '\r' => Blank,
        < ' ' or '\x7F' => Dropped,
        _ => char.IsAsciiLetterOrDigit(c) ? Letter : Mark,
    };

    private static int CodePoints(ReadOnlySpan<char> word)
    {
        var count = 0;
        foreach (var _ in word.EnumerateRunes()) count++;
        return count;
    }
}
