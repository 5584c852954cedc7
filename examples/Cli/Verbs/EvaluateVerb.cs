using System.CommandLine;
using Glue;
using Spectre.Console;

namespace Cli;

/// <summary>A model and labelled rows in, figures out.</summary>
internal sealed class EvaluateVerb : Verb
{
    private readonly ModelSettings _model = new();
    private readonly DataSettings _data = new();
    private readonly Setting<string?> _json = Settings.Path("--json", "Write the figures to this file, too.");

    public EvaluateVerb() : base("evaluate", """
        Measures how good a fine-tuned model is on labelled rows that it has not seen.

        Classes: accuracy, macro F1, Matthews correlation, log-loss (nats), precision and recall of each class. Yes or no: accuracy, F1, Matthews correlation, area under the ROC curve, log-loss.
        Numbers: Pearson and Spearman correlation, root mean squared and mean absolute error, in the label's unit.

        Examples:
          pld evaluate --model tickets/model.zip --data test.csv --label category --json figures.json
          pld evaluate --model distilled-bert --data test.tsv --text sentence --label sentiment --max-length 64
        """) => Takes([_model.Model, .. _data.All, _json, _model.MaxLength, _model.Device]);

    protected override int Run(ParseResult parsed, CancellationToken stop)
    {
        var (path, columns) = (Needed(parsed, _model.Model), _data.Columns(parsed));
        var rows = LabelledRows.Read(_data.Data.Name, Needed(parsed, _data.Data), _data.HasHeader(parsed), columns, keepEmpty: true, Console.WriteLine);
        using var model = _model.Load(path, parsed, columns.Text2 is not null);
        var evaluation = Evaluation.Of(new Answers(model, path), rows, stop);
        Console.WriteLine($"{path} on {evaluation.Rows:N0} rows of {rows.Path}:");
        evaluation.Show(AnsiConsole.Console);
        if (evaluation.UnknownLabels > 0) Console.WriteLine($"{evaluation.UnknownLabels:N0} rows have labels that the model has never seen; they count as wrong, and not in the log-loss.");
        if (parsed.GetValue(_json) is { } json) WholeFile.Write(json, ResultJson.Of(evaluation));
        return 0;
    }
}
