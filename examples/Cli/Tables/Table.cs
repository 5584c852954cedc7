using System.Text;
using Glue;

namespace Cli;

/// <summary>A file of rows with named columns.</summary>
internal sealed class Table
{
    // That it has a byte order mark lets StreamReader stay with it where there is one, and not take a lenient one.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);

    private const string Lines = "text"; // the column of a .txt

    private readonly int _header; // its line; 0: there is none

    private Table(string path, char separator, int header, string[] columns) => (Path, Separator, _header, Columns) = (path, separator, header, columns);

    public string Path { get; }

    public char Separator { get; }

    public bool HasHeader => _header > 0;

    /// <summary>Without a header: "1", "2" and so on.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <param name="option">That names the file, for messages.</param>
    /// <param name="path">.csv, .tsv or .txt; of the latter each line is a text, and the only column is "text".</param>
    /// <param name="hasHeader">Whether the first row names the columns.</param>
    /// <exception cref="UsageException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It has no rows, or cannot be read.</exception>
    public static Table Open(string option, string path, bool hasHeader)
    {
        if (!File.Exists(path)) throw new UsageException($"{option}: there is no file '{path}'{(Directory.Exists(path) ? ", but a folder" : "")}; expected a .csv, .tsv or .txt.");
        if (IsLines(path)) return new Table(path, '\n', header: 0, [Lines]);
        using var text = Text(path);
        var separator = SeparatorOf(path);
        var first = TableReader.Rows(path, text, separator).FirstOrDefault() ?? throw new InvalidDataException($"'{path}' is empty; expected rows{(hasHeader ? " under a header" : "")}.");
        return new Table(path, separator, hasHeader ? first.Line : 0, hasHeader ? [.. first.Fields.Select(field => field.Trim())] : [.. first.Fields.Select((_, i) => $"{i + 1}")]);
    }

    /// <summary>Where a column is.</summary>
    /// <param name="option">That names it, for messages.</param>
    /// <param name="name">Its name; without a header its number from 1.</param>
    /// <exception cref="UsageException">It is not there, or there are two.</exception>
    public int ColumnOf(string option, string name)
    {
        int[] found = [.. Enumerable.Range(0, Columns.Count).Where(i => Columns[i] == name)];
        if (found is [var only]) return only;
        if (found.Length > 1) throw new UsageException($"{option}: '{Path}' has {found.Length} columns of the name '{name}'; expected one.");
        if (IsLines(Path)) throw new UsageException($"{option}: '{Path}' has no column '{name}': of a .txt each line is a text; the only column is '{Lines}'.");
        var header = HasHeader ? "" : " (it is read without a header, --no-header: columns are numbers)";
        throw new UsageException($"{option}: '{Path}' has no column '{name}'{Nearest.Hint(name, Columns)}; expected {Settings.Expected(Columns)}{header}.");
    }

    /// <summary>The rows below the header, as they are asked for. Blank lines are none, but where there is one column: there they are empty texts.</summary>
    /// <exception cref="InvalidDataException">While reading: a row has another number of fields.</exception>
    public IEnumerable<TableRow> Rows()
    {
        using var text = Text(Path);
        if (IsLines(Path))
        {
            for (var line = 1; TableReader.Line(Path, text, line) is { } whole; line++) yield return new TableRow(line, [whole]);
            yield break;
        }
        foreach (var row in TableReader.Rows(Path, text, Separator, keepBlank: Columns.Count == 1).Where(row => row.Line > _header))
            yield return row.Fields.Length == Columns.Count ? row : throw new InvalidDataException(
                $"'{Path}' line {row.Line} has {row.Fields.Length} field{(row.Fields.Length == 1 ? "" : "s")}; expected {Columns.Count}, as the {(HasHeader ? "header" : "first row")}: {string.Join(", ", Columns)}."
                + (Separator == TableReader.Tab ? " Fields are separated by tabs." : $" A field that contains '{Separator}' needs quotes (\") around it."));
    }

    private static bool IsLines(string path) => path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase);

    // Where decimals have commas, spreadsheets write semicolons.
    private static char SeparatorOf(string path)
    {
        if (path.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase)) return TableReader.Tab;
        if (!path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase)) throw new UsageException($"'{path}' is of an unknown kind; expected a .csv (commas or semicolons), a .tsv (tabs) or a .txt (a text a line).");
        using var text = Text(path);
        var line = TableReader.Line(path, text, 1) ?? "";
        return line.Count(letter => letter == ';') > line.Count(letter => letter == ',') ? ';' : ',';
    }

    // A byte order mark tells UTF-8 and UTF-16.
    private static StreamReader Text(string path) => new(path, StrictUtf8, detectEncodingFromByteOrderMarks: true);
}
