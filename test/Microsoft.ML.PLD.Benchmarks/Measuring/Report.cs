using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>Rows of named figures: printed as a table, written as JSON with the machine that they are from.</summary>
internal sealed class Report(string suite)
{
    private readonly List<(string Name, object Value)[]> _rows = [];

    /// <summary>Adds a row, and prints it at once: suites take minutes.</summary>
    public void Add(params (string Name, object Value)[] figures)
    {
        _rows.Add(figures);
        Console.WriteLine(string.Join("  ", figures.Select(figure => $"{figure.Name} {Text(figure.Value)}")));
    }

    public void Print()
    {
        Console.WriteLine($"\n{Machine.Description}\n");
        foreach (var alike in _rows.GroupBy(row => string.Join('|', row.Select(figure => figure.Name))))
        {
            var table = new Table().Border(TableBorder.Markdown);
            foreach (var (name, _) in alike.First()) table.AddColumn(new TableColumn(Markup.Escape(name)).NoWrap());
            foreach (var row in alike) table.AddRow([.. row.Select(figure => Markup.Escape(Text(figure.Value)))]);
            AnsiConsole.Profile.Width = 400; // a table in a file must not be folded
            AnsiConsole.Write(table);
            Console.WriteLine();
        }
    }

    public void Write(string path)
    {
        var rows = new JsonArray([.. _rows.Select(row => new JsonObject(row.Select(figure => KeyValuePair.Create(figure.Name, Json(figure.Value)))))]);
        var all = new JsonObject { ["suite"] = suite, ["machine"] = Machine.Description, ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), ["rows"] = rows };
        File.WriteAllText(path, all.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
    }

    private static JsonNode? Json(object value) => value is double number && !double.IsFinite(number) ? null : JsonSerializer.SerializeToNode(value);

    private static string Text(object value) => value switch
    {
        double number when Math.Abs(number) >= 1_000 => number.ToString("N0", CultureInfo.InvariantCulture),
        double number => number.ToString(Math.Abs(number) >= 10 ? "F1" : "G3", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
