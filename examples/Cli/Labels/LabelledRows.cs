using Glue;

namespace Cli;

/// <summary>The rows of a table that can be learned from or measured with.</summary>
internal sealed class LabelledRows
{
    private LabelledRows(string path, string label, IReadOnlyList<LabelledRow> rows) => (Path, Label, Rows) = (path, label, rows);

    public string Path { get; }

    /// <summary>The label's column.</summary>
    public string Label { get; }

    public IReadOnlyList<LabelledRow> Rows { get; }

    /// <summary>Which column of which file, for messages.</summary>
    public string LabelColumn => $"--label: the column '{Label}' of '{Path}'";

    /// <param name="option">That names the file, for messages.</param>
    /// <param name="path">The file.</param>
    /// <param name="hasHeader">Whether its first row names the columns.</param>
    /// <param name="columns">Which hold what.</param>
    /// <param name="keepEmpty">Whether rows without text stay.</param>
    /// <param name="say">Told which rows are left out.</param>
    /// <exception cref="UsageException">A column or the file is not there.</exception>
    /// <exception cref="InvalidDataException">The file cannot be read, or has no row of use.</exception>
    public static LabelledRows Read(string option, string path, bool hasHeader, Columns columns, bool keepEmpty, Action<string> say)
    {
        var table = Table.Open(option, path, hasHeader);
        var (first, second, label) = (table.ColumnOf("--text", columns.Text), columns.Text2 is { } text2 ? table.ColumnOf("--text2", text2) : -1, table.ColumnOf("--label", columns.Label));
        var (rows, unlabelled, empty) = (new List<LabelledRow>(), new List<int>(), new List<int>());
        foreach (var (line, fields) in table.Rows())
        {
            var row = new LabelledRow(line, fields[first], second < 0 ? "" : fields[second], fields[label].Trim());
            if (row.Label.Length == 0) unlabelled.Add(line);
            else if (!keepEmpty && string.IsNullOrWhiteSpace(row.First) && string.IsNullOrWhiteSpace(row.Second)) empty.Add(line);
            else rows.Add(row);
        }
        LeftOut(unlabelled, "no label");
        LeftOut(empty, "no text");
        return rows.Count > 0 ? new LabelledRows(path, columns.Label, rows) : throw new InvalidDataException($"'{path}' has no row with a label in the column '{columns.Label}'{(keepEmpty ? "" : $" and a text in the column '{columns.Text}'")}.");

        void LeftOut(List<int> lines, string why)
        {
            if (lines.Count > 0) say($"{path}: {lines.Count} row{(lines.Count == 1 ? " has" : "s have")} {why} and {(lines.Count == 1 ? "is" : "are")} left out (line{(lines.Count == 1 ? "" : "s")} {string.Join(", ", lines.Take(5))}{(lines.Count > 5 ? ", ..." : "")}).");
        }
    }

    /// <summary>The labels as numbers.</summary>
    /// <exception cref="UsageException">One is none.</exception>
    public float[] Numbers() => [.. Rows.Select(row => TaskDetection.IsNumber(row.Label, out var number) ? number : throw NoLabel(row, "a number, with a point"))];

    /// <summary>The labels as answers.</summary>
    /// <exception cref="UsageException">One is none.</exception>
    public bool[] Truths() => [.. Rows.Select(row => Truth.Of(row.Label) ?? throw NoLabel(row, Truth.Expected))];

    /// <summary>Divides the rows at random, each class by itself where there are classes: every class keeps at least one row to learn from.</summary>
    /// <param name="share">The part to hold out.</param>
    /// <param name="byLabel">Whether labels are classes.</param>
    /// <param name="seed">What the choice is drawn from.</param>
    public (LabelledRows Training, LabelledRows HeldOut) Split(double share, bool byLabel, int seed)
    {
        var random = new Random(seed);
        var held = new HashSet<LabelledRow>(ReferenceEqualityComparer.Instance);
        var carried = 0.0; // so that the shares of small classes add up: of ten classes of three rows each, a tenth is three rows and not none
        foreach (var group in Rows.GroupBy(row => byLabel ? row.Label : "").OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            LabelledRow[] members = [.. group];
            random.Shuffle(members);
            carried += share * members.Length;
            var take = Math.Clamp((int)Math.Round(carried), 0, members.Length - 1);
            carried = Math.Clamp(carried - take, -0.5, 0.5); // what a class of one row cannot give, others do not give for it
            held.UnionWith(members.Take(take));
        }
        return (new(Path, Label, [.. Rows.Where(row => !held.Contains(row))]), new(Path, Label, [.. Rows.Where(held.Contains)]));
    }

    private UsageException NoLabel(LabelledRow row, string expected) => new($"{LabelColumn} has '{row.Label}' in line {row.Line}; expected {expected}.");
}
