using System.CommandLine;

namespace Cli;

/// <summary>Where labelled rows are, and in which columns.</summary>
internal sealed class DataSettings
{
    public Setting<string?> Data { get; } = Settings.Path("--data", "Needed. A table of labelled rows: .csv (commas or semicolons, quotes where need be) or .tsv (tabs), in UTF-8.");

    public Setting<string?> Text { get; } = Settings.Text("--text", "COLUMN", "The column with the text. Without a header: its number, from 1.", "text");

    public Setting<string?> Text2 { get; } = Settings.Text("--text2", "COLUMN", "The column with the second text, for pairs: question and answer, sentence and sentence.");

    public Setting<string?> Label { get; } = Settings.Text("--label", "COLUMN", "The column with what is to be predicted. Rows without it are left out.", "label");

    public Setting<bool> NoHeader { get; } = Settings.Flag("--no-header", "The first row is data, too; columns are named by numbers from 1.");

    public IReadOnlyList<Option> All => [Data, Text, Text2, Label, NoHeader];

    public Columns Columns(ParseResult parsed) => new(parsed.GetValue(Text)!, parsed.GetValue(Text2), parsed.GetValue(Label)!);

    public bool HasHeader(ParseResult parsed) => !parsed.GetValue(NoHeader);
}
