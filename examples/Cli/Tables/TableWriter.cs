namespace Cli;

/// <summary>Writes tables that <see cref="TableReader"/> reads.</summary>
internal sealed class TableWriter(TextWriter text, char separator)
{
    public void Write(IEnumerable<string> fields)
    {
        text.Write(string.Join(separator, fields.Select(Field)));
        text.Write('\n');
    }

    /// <summary>That of a file's kind.</summary>
    public static char SeparatorOf(string path) => path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) ? ',' : TableReader.Tab;

    // Tabs have no quotes to hide in.
    private string Field(string field) => separator == TableReader.Tab ? field.ReplaceLineEndings(" ").Replace(separator, ' ')
        : field.AsSpan().IndexOfAny([separator, '"', '\n', '\r']) >= 0 ? $"\"{field.Replace("\"", "\"\"")}\"" : field;
}
