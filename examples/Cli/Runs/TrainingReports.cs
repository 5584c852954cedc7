using System.Text.RegularExpressions;
using Microsoft.ML;
using Microsoft.ML.PLD;
using Microsoft.ML.Runtime;

namespace Cli;

/// <summary>What a training tells people: on the console, in TensorBoard's files, on a page, and the losses for the summary.</summary>
/// <param name="folder">The run's, which notes its settings as soon as it has taken a step.</param>
/// <param name="tensorBoard">Where TensorBoard's files go; null: in the folder.</param>
/// <param name="title">The page's.</param>
internal sealed partial class TrainingReports(RunFolder folder, string? tensorBoard, string title) : IProgress<TrainingProgress>, INoticeSink, IDisposable
{
    private readonly ConsoleProgress _console = new();
    private readonly TensorBoardProgress _files = new(tensorBoard ?? folder.TensorBoard);
    private readonly HashSet<string> _shown = [];

    /// <summary>The page: what is known of the result may be added, also when the training is over.</summary>
    public TrainingReport Page { get; } = new(folder.Report, title);

    /// <summary>The last step's; null: there was none.</summary>
    public TrainingProgress? Last { get; private set; }

    /// <summary>The first step's of this session; null: there was none.</summary>
    public TrainingProgress? First { get; private set; }

    public void Report(TrainingProgress value)
    {
        First ??= value;
        Last = value with { ValidationLoss = value.ValidationLoss ?? Last?.ValidationLoss, ValidationAccuracy = value.ValidationAccuracy ?? Last?.ValidationAccuracy };
        _console.Report(value with { Notices = [.. value.Notices.Where(IsNew)] });
        _files.Report(value);
        Page.Report(value);
        folder.Accept();
    }

    public void Notify(string stage, string notice)
    {
        if (IsNew(notice)) _console.Notify(stage, notice);
        Page.Notify(stage, notice);
    }

    /// <summary>Shows what ML.NET warns of, each warning once; those of the steps are on the console already.</summary>
    public void ShowWarningsOf(MLContext mlContext, TextWriter errors) => mlContext.Log += (_, line) =>
    {
        if (line.Kind == ChannelMessageKind.Warning && !OfTheSteps().IsMatch(line.RawMessage) && IsNew(line.RawMessage)) errors.WriteLine($"Warning: {line.RawMessage}");
    };

    /// <summary>Says which reports could not be written, and why.</summary>
    /// <returns>Whether the page was.</returns>
    public bool TellFailures(TextWriter errors)
    {
        if (Page.Failure is { } page) errors.WriteLine($"Warning: the report '{folder.Report}' could not be written to its end: {page.Message}");
        if (_files.Failure is { } files) errors.WriteLine($"Warning: TensorBoard's files in '{tensorBoard ?? folder.TensorBoard}' could not be written to their end: {files.Message}");
        return Page.Failure is null;
    }

    public void Dispose()
    {
        _console.Dispose();
        _files.Dispose();
        Page.Dispose();
    }

    [GeneratedRegex(@"^Fine-tuning( \d+)?: ")]
    private static partial Regex OfTheSteps();

    private bool IsNew(string sentence)
    {
        lock (_shown) return _shown.Add(sentence);
    }
}
