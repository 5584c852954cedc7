using Microsoft.ML.PLD;

namespace Cli;

/// <summary>What a training tells people: on the console, in TensorBoard's files, on a page, and the losses for the summary.</summary>
internal sealed class TrainingReports(string tensorBoard, string page, string title) : IProgress<TrainingProgress>, INoticeSink, IDisposable
{
    private readonly ConsoleProgress _console = new();
    private readonly TensorBoardProgress _files = new(tensorBoard);

    /// <summary>The page: what is known of the result may be added, also when the training is over.</summary>
    public TrainingReport Page { get; } = new(page, title);

    /// <summary>The last step's; null: there was none.</summary>
    public TrainingProgress? Last { get; private set; }

    /// <summary>The first step's of this session; null: there was none.</summary>
    public TrainingProgress? First { get; private set; }

    public void Report(TrainingProgress value)
    {
        First ??= value;
        Last = value with { ValidationLoss = value.ValidationLoss ?? Last?.ValidationLoss, ValidationAccuracy = value.ValidationAccuracy ?? Last?.ValidationAccuracy };
        _console.Report(value);
        _files.Report(value);
        Page.Report(value);
    }

    public void Notify(string stage, string notice)
    {
        _console.Notify(stage, notice);
        Page.Notify(stage, notice);
    }

    public void Dispose()
    {
        _console.Dispose();
        _files.Dispose();
        Page.Dispose();
    }
}
