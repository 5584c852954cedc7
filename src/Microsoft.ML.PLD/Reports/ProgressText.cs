using System.Globalization;

namespace Microsoft.ML.PLD;

/// <summary>A report in words, the same in every culture.</summary>
internal static class ProgressText
{
    /// <summary>"Pre-training 120/2,000 (6 %): loss 7.213, learning rate 9.8e-4, theta 0.74, 10/12 blocks, 12,340 tokens/s, 3 min 20 s left".</summary>
    public static string Line(TrainingProgress report) => string.Create(CultureInfo.InvariantCulture,
        $"{report.Stage} {report.Step:N0}/{report.TotalSteps:N0} ({Percent(report)}): {Figures(report)}");

    public static string Percent(TrainingProgress report) => // rounded down: 100 % means done
        string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(report.Share * 100)} %");

    /// <summary>What follows the colon of <see cref="Line"/>; leaves out what the stage does not have.</summary>
    public static string Figures(TrainingProgress report)
    {
        var figures = new List<FormattableString> { $"loss {report.Loss:F3}", $"learning rate {Rate(report.LearningRate)}" };
        if (report.Blocks > 0 && report.Theta < 1) figures.Add($"theta {report.Theta:F2}");
        if (report.Blocks > 0 && (report.Theta < 1 || report.BlocksRun < report.Blocks)) figures.Add($"{report.BlocksRun}/{report.Blocks} blocks");
        if (report.TokensPerSecond > 0) figures.Add($"{report.TokensPerSecond:N0} tokens/s");
        if (report.ValidationAccuracy is { } accuracy)
        {
            if (report.ValidationLoss is { } loss) figures.Add($"validation loss {loss:F3}");
            figures.Add($"validation accuracy {accuracy * 100:F1} %");
        }
        else if (report.ValidationLoss is { } error) figures.Add($"validation mean squared error {error:G4}"); // of regression, in the label's unit, as the loss is not
        if (report.ValidationNextSentenceAccuracy is { } pairs) figures.Add($"validation next-sentence accuracy {pairs * 100:F1} %");
        if (report.ValidationMetric is { } metric && metric != report.ValidationAccuracy) figures.Add($"validation {report.Run?.Options.GetValueOrDefault(nameof(FineTuningOptions.ValidationMetric)) ?? "metric"} {metric:F4}");
        if (report is { Share: < 1, Remaining: { } left }) figures.Add($"{Duration(left)} left");
        return string.Join(", ", figures.Select(FormattableString.Invariant));
    }

    /// <summary>The two largest units: "42 s", "3 min 20 s", "5 h 7 min", "2 d 3 h".</summary>
    public static string Duration(TimeSpan time)
    {
        time = TimeSpan.FromSeconds(Math.Round(Math.Max(0, time.TotalSeconds)));
        return time switch
        {
            { TotalMinutes: < 1 } => $"{time.Seconds} s",
            { TotalHours: < 1 } => $"{time.Minutes} min {time.Seconds} s",
            { TotalDays: < 1 } => $"{time.Hours} h {time.Minutes} min",
            _ => $"{(int)time.TotalDays} d {time.Hours} h",
        };
    }

    // 9.8e-4: two digits tell a schedule's direction
    private static string Rate(double rate) => rate.ToString("0.0e-0", CultureInfo.InvariantCulture);
}
