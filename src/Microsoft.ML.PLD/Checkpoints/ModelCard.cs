using System.Globalization;
using System.Text;

namespace Microsoft.ML.PLD;

/// <summary>README.md of a model folder, with the front matter that Hugging Face's hub reads.</summary>
internal static class ModelCard
{
    private const string File = "README.md";

    // Who takes the line away keeps the card.
    private const string Mark = "<!-- Written with the model by Microsoft.ML.PLD, and anew whenever a model is saved here, as long as this line stays. -->";

    /// <summary>Writes the card into a folder, unless somebody else's is there.</summary>
    public static Action<Action<string, Action<Stream>>>? Unless(string folder, Func<string> make)
    {
        var path = Path.Combine(folder, File);
        if (System.IO.File.Exists(path) && !System.IO.File.ReadLines(path).Contains(Mark)) return null;
        return add => add(File, stream => stream.Write(Encoding.UTF8.GetBytes(make())));
    }

    /// <param name="network">The model.</param>
    /// <param name="weights">How many there are.</param>
    /// <param name="training">What made it; null: not known.</param>
    public static string Of(NetworkDescription network, long weights, TrainingSummary? training)
    {
        var (config, isTask) = (network.Config, network.Head == NetworkDescription.Classification);
        var pipeline = isTask ? "text-classification" : network.Head == NetworkDescription.Bare ? "feature-extraction" : "fill-mask";
        var text = new StringBuilder();
        void Line(FormattableString line = default!) => text.Append(line is null ? "" : line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"---");
        if (network.Layout != HuggingFaceLayout.PldBert) Line($"library_name: transformers");
        Line($"pipeline_tag: {pipeline}");
        Line($"tags: [bert, ml.net, progressive-layer-dropping]");
        Line($"---");
        Line($"{Mark}");
        Line();
        Line($"# {(isTask ? "A fine-tuned BERT" : "A pre-trained BERT")}");
        Line();
        Line($"| | |");
        Line($"|---|---|");
        Line($"| architecture | {(config.NormPlacement == NormPlacement.Pre ? "pre-LN" : "post-LN")} encoder, {config.Layers} blocks, hidden size {config.HiddenSize}, {config.AttentionHeads} attention heads, {Name(config.Activation)} |");
        Line($"| transformers' class | {network.Layout.ClassFor(network.Head)}{(network.Layout == HuggingFaceLayout.PldBert ? ", of this library only" : "")} |");
        Line($"| weights | {weights:N0} |");
        Line($"| text | {network.Tokenizer.Vocabulary.Count:N0} word pieces, {(network.Tokenizer.LowerCase ? "lower case without accents" : "case kept")}; at most {config.MaxPositions} tokens |");
        if (network.ProblemType is not null) Line($"| task | {network.ProblemType.Replace('_', ' ')}{(network.Labels is { Count: > 1 and <= 20 } labels ? $": {string.Join(", ", labels.Select(Cell))}" : "")} |");
        if (training is not null) Training(training, Line);
        Line();
        Line($"## Use");
        Line();
        if (network.Layout != HuggingFaceLayout.PldBert)
        {
            Line($"```python");
            Line($"from transformers import pipeline");
            Line($"run = pipeline(\"{pipeline}\", model=\"path/of/this/folder\")");
            Line($"```");
            Line();
        }
        Line($"```csharp");
        Line($"using var model = BertModel.FromPretrained(\"path/of/this/folder\"); // Microsoft.ML.PLD: fine-tuning starts from it");
        Line($"```");
        Line();
        Line($"## Limits");
        Line();
        Line($"It knows the language, the subjects and the prejudices of the text that it was trained on. Beyond the figures above, nothing has been measured by the program that wrote this.");
        return text.ToString();
    }

    private static void Training(TrainingSummary training, Action<FormattableString> line)
    {
        line($"");
        line($"## {training.Stage}");
        line($"");
        line($"| | |");
        line($"|---|---|");
        line($"| optimizer steps | {training.Steps:N0}{(training.Steps < training.PlannedSteps ? FormattableString.Invariant($" of {training.PlannedSteps:N0}") : "")} |");
        line($"| samples read | {training.Samples:N0} |");
        line($"| time | {TimeSpan.FromSeconds(Math.Round(training.Seconds))} |");
        if (training.Loss is { } loss) line($"| loss of the last step | {loss:F4} |");
        if (training.Best is { } best)
        {
            line($"| best validation, after step | {best.Step:N0} |");
            line($"| its loss | {best.Loss:F4} |");
            if (!double.IsNaN(best.Accuracy)) line($"| its accuracy | {best.Accuracy:P1} |");
            if (double.IsFinite(best.Rank)) line($"| its metric | {best.Rank:F4} |");
        }
        line($"");
        line($"<details><summary>Options</summary>");
        line($"");
        line($"| option | value |");
        line($"|---|---|");
        foreach (var (name, value) in training.Options.OrderBy(option => option.Key, StringComparer.Ordinal)) line($"| {Cell(name)} | {Cell(value)} |");
        line($"");
        line($"</details>");
    }

    // A name or a value must not end the cell.
    private static string Cell(string text) => Excerpt.Of(text).Replace("|", "\\|").ReplaceLineEndings(" ");

    private static string Name(Activation activation) => activation switch
    {
        Activation.Relu => "ReLU",
        Activation.GeluTanh => "GELU by tanh",
        _ => "GELU",
    };
}
