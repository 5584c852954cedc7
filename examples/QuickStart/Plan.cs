using Microsoft.ML;
using Microsoft.ML.PLD;

namespace QuickStart;

/// <summary>How long everything takes.</summary>
/// <param name="PretrainingMinutes">Time for pre-training.</param>
/// <param name="FineTuningEpochs">Passes over the labelled questions, with and without pre-training.</param>
/// <param name="LabelledRows">The labelled questions used.</param>
/// <param name="Paragraphs">The novels' paragraphs used.</param>
internal sealed record Plan(double PretrainingMinutes, int FineTuningEpochs, long LabelledRows, int Paragraphs)
{
    private const int ProbeSteps = 12, WarmUpSteps = 4;

    public static Plan Smoke { get; } = new(PretrainingMinutes: 0.1, FineTuningEpochs: 1, LabelledRows: 400, Paragraphs: 600);

    /// <summary>The default of 4 minutes shall end within 6 on 2 cores, fine-tuning included.</summary>
    public static Plan For(double minutes) => new(minutes, FineTuningEpochs: 3, LabelledRows: long.MaxValue, Paragraphs: int.MaxValue);

    /// <summary>
    /// The number of steps that fit into the time on this machine. Learning rate and layer schedule are tied to it, so it must be known before:
    /// a few dense steps are timed.
    /// </summary>
    public long StepsThatFit(MLContext mlContext, IDataView text, PldBertEstimator.Options options)
    {
        var times = new List<TimeSpan>();
        var probe = options with
        {
            Pretraining = options.Pretraining with { Steps = ProbeSteps, LayerSchedule = new DenseSchedule(), ValidationInterval = ProbeSteps, ValidationSequences = 1 },
            Progress = [new Callback(progress => times.Add(progress.Elapsed))],
        };
        mlContext.Transforms.PldBert("Features", nameof(Paragraph.Text), probe).Fit(text).Dispose();
        var denseStep = (times[^2] - times[WarmUpSteps - 1]) / (ProbeSteps - 1 - WarmUpSteps);

        // Layer dropping spends about 73 % of the dense block time; embeddings, head and validation stay.
        const double shareOfDense = 0.8;
        return Math.Max(20, (long)(TimeSpan.FromMinutes(PretrainingMinutes) / (denseStep * shareOfDense)));
    }

    private sealed class Callback(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
