using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Microsoft.ML.PLD;

/// <summary>A piece of a page, well-formed as HTML and as XML. Whatever is interpolated into one is escaped, unless it is one itself.</summary>
/// <param name="Text">As it is written to the file.</param>
internal readonly record struct HtmlText(string Text)
{
    public static HtmlText Empty { get; } = new("");

    public static HtmlText Of(ref Builder builder) => new(builder.ToString());

    public static HtmlText Join(IEnumerable<HtmlText> parts) => new(string.Concat(parts));

    public override string ToString() => Text ?? "";

    /// <summary>Text of anybody as text of a page: what is special becomes harmless, a line ends in LF, what XML cannot have becomes a mark of replacement.</summary>
    public static string Escape(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~') && text.AsSpan().IndexOfAny("&<>\"'") < 0) return text;
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var rune in text.ReplaceLineEndings("\n").EnumerateRunes()) // as every reader of a page takes them
            _ = rune.Value switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&quot;"),
                '\'' => escaped.Append("&#39;"),
                '\t' or '\n' or >= ' ' and < 0x7f or >= 0xa0 and not (0xfffe or 0xffff) => escaped.Append(rune.ToString()),
                _ => escaped.Append('\ufffd'),
            };
        return escaped.ToString();
    }

    /// <summary>Puts one together.</summary>
    [InterpolatedStringHandler]
    internal ref struct Builder(int literalLength, int formattedCount)
    {
        private readonly StringBuilder _text = new(literalLength + formattedCount * 16);

        public readonly void AppendLiteral(string value) => _text.Append(value);

        public readonly void AppendFormatted(HtmlText value) => _text.Append(value.Text);

        public readonly void AppendFormatted<T>(T value, string? format = null)
        {
            if (value is IEnumerable<HtmlText> parts)
                foreach (var part in parts) _text.Append(part.Text);
            else _text.Append(Escape(value is IFormattable number ? number.ToString(format, CultureInfo.InvariantCulture) : value?.ToString() ?? ""));
        }

        public override readonly string ToString() => _text.ToString();
    }
}
