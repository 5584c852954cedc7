using System.Text.Json.Serialization;

namespace Microsoft.ML.PLD;

/// <summary>All that a page shows of a stage, in bounded memory.</summary>
internal sealed class StageHistory
{
    private const int MostNotices = 200;
    private const string PretrainingName = "Pre-training";

    /// <summary>As <see cref="TrainingProgress.Stage"/>.</summary>
    public required string Name { get; init; }

    /// <summary>How many stages of that name there are up to this one: cross-validation has several.</summary>
    public required int Number { get; init; }

    public long Step { get; set; }
    public long TotalSteps { get; set; }
    public double Seconds { get; set; }

    /// <summary>Of the encoder.</summary>
    public int Blocks { get; set; }

    /// <summary>Whether no more steps will come.</summary>
    public bool HasEnded { get; set; }

    [JsonIgnore]
    public TimeSpan? Remaining { get; set; }

    public TrainingRun Run { get; set; } = new();
    public Dictionary<Measure, ThinnedCurve> Curves { get; init; } = [];

    /// <summary>The probability of running each block, the one at the input first; empty: nothing was dropped.</summary>
    public List<ThinnedCurve> KeepProbabilities { get; init; } = [];

    public List<StageNotice> Notices { get; init; } = [];

    /// <summary>Notices that there was no more room for.</summary>
    public int NoticesLeftOut { get; set; }

    /// <summary>The first steps after each time that the run went on from a checkpoint.</summary>
    public List<long> Resumed { get; init; } = [];

    /// <summary>Whether it is one that a page could have kept.</summary>
    [JsonIgnore]
    public bool IsValid => Step >= 0 && TotalSteps >= 0 && Blocks >= 0 && Seconds is >= 0 and < 1e10
        && !Curves.Values.Concat(KeepProbabilities).Contains(null!) && !Notices.Contains(null!) && !Run.Options.Values.Concat(Run.Environment.Values).Contains(null!);

    [JsonIgnore]
    public string Title => Number == 1 ? Name : $"{Name} {Number}";

    [JsonIgnore]
    public bool DropsBlocks => Of(Measure.Theta).Any(point => point.Lowest < 1) || Of(Measure.BlocksRun).Any(point => point.Lowest < Blocks) || KeepProbabilities.Count > 0;

    [JsonIgnore]
    public bool IsPretraining => Name == PretrainingName;

    /// <summary>The share of the block FLOPs of dense training that was spent; null: there are no blocks.</summary>
    [JsonIgnore]
    public double? BlockWork => Of(Measure.BlockShare) is { Count: > 0 } points ? points.Sum(point => point.Mean * point.Count) / points.Sum(point => point.Count) : null;

    /// <summary>The points of a curve; none: it was never measured.</summary>
    public IReadOnlyList<ThinnedPoint> Of(Measure measure) => Curves.TryGetValue(measure, out var curve) ? curve.Points : [];

    public double? LastOf(Measure measure) => Curves.GetValueOrDefault(measure)?.Last;

    /// <summary>Takes a report. Of a step that it knows already, only the notices are new.</summary>
    /// <param name="report">The report.</param>
    /// <param name="memory">What the process takes now, in bytes.</param>
    public void Add(TrainingProgress report, long memory)
    {
        foreach (var notice in report.Notices) Note(report.Step, notice);
        (TotalSteps, Remaining, Blocks, Run) = (report.TotalSteps, report.Remaining, report.Blocks, report.Run ?? Run);
        HasEnded = report.Share >= 1;
        if (report.Step <= Step) return;
        (Step, Seconds) = (report.Step, report.Elapsed.TotalSeconds);

        Take(Measure.Loss, report.Loss);
        Take(Measure.ValidationLoss, report.ValidationLoss);
        Take(Measure.ValidationAccuracy, report.ValidationAccuracy);
        Take(Measure.ValidationMetric, report.ValidationMetric);
        Take(Measure.NextSentenceAccuracy, report.ValidationNextSentenceAccuracy);
        Take(Measure.LearningRate, report.LearningRate);
        Take(Measure.GradientNorm, report.GradientNorm > 0 ? report.GradientNorm : null);
        Take(Measure.TokensPerSecond, report.TokensPerSecond > 0 ? report.TokensPerSecond : null);
        Take(Measure.Memory, memory > 0 ? memory : null);
        if (report.Blocks == 0) return;
        Take(Measure.Theta, report.Theta);
        Take(Measure.BlocksRun, report.BlocksRun);
        Take(Measure.BlockShare, report.BlockShare);
        TakeKeepProbabilities(report.KeepProbabilities);
    }

    public void Note(long step, string notice)
    {
        if (Notices.Count == MostNotices) // the first ones tell how it began
        {
            Notices.RemoveAt(MostNotices / 2);
            NoticesLeftOut++;
        }
        Notices.Add(new(step, Excerpt.Of(notice)));
    }

    /// <summary>Goes on after a resume: what came after the step before it, and was lost, is forgotten.</summary>
    /// <param name="report">The first report of the run that goes on.</param>
    public void Resume(TrainingProgress report)
    {
        if (report.Step == Step) return; // there is nothing left to do, or the same step once more
        foreach (var curve in Curves.Values.Concat(KeepProbabilities)) curve.CutAfter(report.Step - 1);
        Notices.RemoveAll(notice => notice.Step >= report.Step);
        Resumed.RemoveAll(step => step >= report.Step);
        (Step, HasEnded) = (Math.Min(Step, report.Step - 1), false);
        Resumed.Add(report.Step);
    }

    private void Take(Measure measure, double? value)
    {
        if (value is not { } number) return;
        if (!Curves.TryGetValue(measure, out var curve)) Curves[measure] = curve = new();
        curve.Add(Step, number);
    }

    // From the first step at which one is below 1: nobody wants a picture of none.
    private void TakeKeepProbabilities(IReadOnlyList<double> probabilities)
    {
        const int columns = 64;
        if (KeepProbabilities.Count == 0 && probabilities.Any(probability => probability < 1)) KeepProbabilities.AddRange(probabilities.Select(_ => new ThinnedCurve(columns)));
        if (KeepProbabilities.Count != probabilities.Count) return;
        foreach (var (curve, probability) in KeepProbabilities.Zip(probabilities)) curve.Add(Step, probability);
    }
}
