using System.Text;

namespace Cli;

/// <summary>Reads tables: values separated by commas or semicolons, quoted where need be (RFC 4180), or by tabs, where quotes are letters like others.</summary>
internal static class TableReader
{
    public const char Tab = '\t';
    private const char Quote = '"';

    /// <summary>The rows, as they are asked for.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="text">Its text.</param>
    /// <param name="separator">Between fields.</param>
    /// <param name="keepBlank">Whether a blank line is a row, of one empty field.</param>
    /// <exception cref="InvalidDataException">While reading: it is not UTF-8, or a quote is not closed.</exception>
    public static IEnumerable<TableRow> Rows(string path, TextReader text, char separator, bool keepBlank = false)
    {
        var (fields, field, line, isQuoted) = (new List<string>(), new StringBuilder(), 1, false);
        for (var first = line; Read(text, path, line) is var letter && (letter >= 0 || field.Length > 0 || fields.Count > 0 || isQuoted);)
        {
            switch (letter)
            {
                case Quote when separator != Tab && field.Length == 0:
                    if (isQuoted = Quoted(text, path, first, field, ref line)) break;
                    throw new InvalidDataException($"'{path}' line {first}: a quote (\") is opened and never closed; expected another one, or \"\" for a quote within quotes.");
                case '\n' or '\r' or < 0:
                    if (letter == '\r' && text.Peek() == '\n') text.Read();
                    fields.Add(field.ToString());
                    if (fields.Count > 1 || field.Length > 0 || isQuoted || keepBlank) yield return new TableRow(first, [.. fields]);
                    (fields, field, isQuoted) = ([], new StringBuilder(), false);
                    first = ++line;
                    break;
                case var _ when letter == separator:
                    fields.Add(field.ToString());
                    field.Clear();
                    break;
                default:
                    field.Append((char)letter);
                    break;
            }
            if (letter < 0) yield break;
        }
    }

    // What follows the closing quote is added as it is: "a" b is a b.
    private static bool Quoted(TextReader text, string path, int first, StringBuilder field, ref int line)
    {
        for (int letter; (letter = Read(text, path, first)) >= 0;)
        {
            if (letter == '\n') line++;
            if (letter != Quote) field.Append((char)letter);
            else if (text.Peek() == Quote) field.Append((char)text.Read());
            else return true;
        }
        return false;
    }

    /// <summary>The next line as it is; null: there is none.</summary>
    /// <exception cref="InvalidDataException">It is not UTF-8.</exception>
    public static string? Line(string path, TextReader text, int line)
    {
        try
        {
            return text.ReadLine();
        }
        catch (DecoderFallbackException failure)
        {
            throw NotUtf8(path, line, failure);
        }
    }

    private static int Read(TextReader text, string path, int line)
    {
        try
        {
            return text.Read();
        }
        catch (DecoderFallbackException failure)
        {
            throw NotUtf8(path, line, failure);
        }
    }

    private static InvalidDataException NotUtf8(string path, int line, DecoderFallbackException failure) => new($"'{path}' is not UTF-8 near line {line}: {failure.Message} Save it as UTF-8.");
}
