using System.CommandLine;
using System.Globalization;
using Conversion;

namespace Cli;

/// <summary>A model and rows in, the rows with answers out.</summary>
internal sealed class PredictVerb : Verb
{
    private readonly ModelSettings _model = new();
    private readonly Setting<string?> _data = Settings.Path("--data", "Needed. A table of rows, .csv or .tsv, or a .txt with a text a line.");
    private readonly DataSettings _columns = new();
    private readonly Setting<string?> _output = Settings.Path("--output", "Where the rows go: .csv, or else with tabs. Default: the standard output, with tabs.");

    public PredictVerb() : base("predict", """
        Answers rows by a fine-tuned model: all their columns as they are, then "prediction" and, but for numbers, "probability" (of the prediction, 0 to 1).
        A model of two words for true and false says true or false, whatever words it has learned from; finetune --task classes keeps them.

        Examples:
          pld predict --model tickets/model.zip --data new.csv --output answers.csv
          pld predict --model tickets/model.zip --data questions.txt                  a text a line, answers on the screen
        """) => Takes([_model.Model, _data, _columns.Text, _columns.Text2, _columns.NoHeader, _output, _model.MaxLength, _model.Device]);

    protected override int Run(ParseResult parsed, CancellationToken stop)
    {
        var (path, columns) = (Needed(parsed, _model.Model), _columns.Columns(parsed));
        if (parsed.GetValue(_output) is { } output) OutputFile.Check(_output.Name, output, (_data.Name, Needed(parsed, _data)), (_model.Model.Name, path));
        var table = Table.Open(_data.Name, Needed(parsed, _data), _columns.HasHeader(parsed));
        var (first, second) = (table.ColumnOf(_columns.Text.Name, columns.Text), columns.Text2 is { } text2 ? table.ColumnOf(_columns.Text2.Name, text2) : -1);
        using var model = _model.Load(path, parsed, columns.Text2 is not null);
        var answers = new Answers(model, path);
        if (parsed.GetValue(_output) is not { } file) Write(Console.Out, TableReader.Tab);
        else
        {
            var rows = 0;
            OutputFile.Write(_output.Name, file, text => rows = Write(text, TableWriter.SeparatorOf(file)));
            Console.WriteLine($"{rows:N0} rows with answers: {file}");
        }
        return 0;

        int Write(TextWriter text, char separator)
        {
            var (writer, rows) = (new TableWriter(text, separator), 0);
            string[] added = answers.Kind == TaskKind.Number ? ["prediction"] : ["prediction", "probability"];
            if (table.HasHeader || table.Columns is ["text"]) writer.Write([.. table.Columns, .. added]);
            foreach (var (row, answer) in answers.Of(table.Rows(), row => new TextRow { First = row.Fields[first], Second = second < 0 ? "" : row.Fields[second] }, stop))
            {
                writer.Write([.. row.Fields, answer.Label, .. answer.Probability is { } probability ? [probability.ToString("F4", CultureInfo.InvariantCulture)] : Array.Empty<string>()]);
                rows++;
            }
            return rows;
        }
    }
}
