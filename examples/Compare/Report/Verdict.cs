using System.Globalization;

namespace Compare;

/// <summary>What the numbers say, in sentences that follow from them alone.</summary>
internal static class Verdict
{
    private const double Level = 0.05;

    public static IReadOnlyList<string> Of(Summary summary)
    {
        if (!summary.Others.Any()) return ["There is one arm, and nothing to compare it with."];
        var seeds = summary.Config.Seeds.Count;
        var lines = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture, $"Compared at {Figures.InWords(summary.Config.Budget)} with {seeds} seed{(seeds == 1 ? "" : "s")}; baseline: {summary.Baseline}.")
            + (seeds == 1 ? " With one seed nothing can be said about the spread: no difference below is a finding."
                : " Test: Student's paired t-test over seeds on the final held-out loss, both sides, level 5 %, p-values corrected for the number of arms by Holm."
                + (seeds == 2 ? " Two seeds are the fewest that a test can be made with, and say little: take three or more." : "")),
        };
        if (summary.Whole(summary.Baseline).Count == 0) return [.. lines, $"The baseline has no run that reached its end, and nothing can be compared with it. {Failed(summary, summary.Baseline)}".TrimEnd()];
        if (Failed(summary, summary.Baseline) is { Length: > 0 } failed) lines.Add($"{summary.Baseline}: {failed}");
        var values = summary.PValues();
        lines.AddRange(summary.Others.Where(arm => summary.Of(arm).Count > 0).Select(arm => Sentence(summary, arm, values[arm])));
        return lines;
    }

    private static string Sentence(Summary summary, string arm, double pValue)
    {
        var of = summary.FinalLoss(arm);
        if (of.Count == 0) return $"{arm}: no seed has reached the end in both arms, and nothing can be said. {Failed(summary, arm)}".TrimEnd();
        var text = $"{arm}: {Loss(summary, of, pValue)}";
        if (Failed(summary, arm) is { Length: > 0 } failed) text += $" {failed} The numbers are of those that did not, and too good.";
        text += Cost(summary, arm) + Reach(summary, arm);
        foreach (var task in summary.Config.Downstream?.Tasks ?? [])
            if (summary.Downstream(arm, task) is { Count: > 0 } score) text += Score(task, score);
        return text;
    }

    private static string Loss(Summary summary, PairedDifference of, double pValue)
    {
        var difference = string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(of.Mean):F4} {(of.Mean < 0 ? "lower" : "higher")} than the baseline's");
        if (of.Mean == 0) difference = "the same as the baseline's";
        if (summary.Config.Seeds.Count == 1) return $"its loss is {difference}; from one seed, nothing follows.";
        if (double.IsNaN(pValue)) return string.Create(CultureInfo.InvariantCulture, $"its loss is {difference}, from {of.Count} pair{(of.Count == 1 ? "" : "s")} of runs without a spread: nothing can be said about luck.");
        var test = string.Create(CultureInfo.InvariantCulture, $"(95 % interval {Figures.Signed(of.Mean - of.HalfWidth)} to {Figures.Signed(of.Mean + of.HalfWidth)}, p {(pValue < 0.001 ? "" : "= ")}{Figures.PValue(pValue)}, {of.Count} seeds)");
        return $"its loss is {difference} {test}: " + (pValue < Level ? $"{(of.Mean < 0 ? "better" : "worse")}, and more than the luck of seeds explains."
            : of.PValue < Level ? "alone it would count, but among so many arms it may be the luck of one."
            : "seeds differ so much that it may be luck. No difference is shown, nor that there is none.");
    }

    private static string Cost(Summary summary, string arm)
    {
        var saved = summary.Paired(arm, Gains.TimePerSample);
        if (saved.Count == 0) return "";
        var isLess = saved.Average() >= 0;
        return $" A sample takes {Percent(isLess ? saved : [.. saved.Select(share => -share)], "F1")} {(isLess ? "less" : "more")} reference time.";
    }

    private static string Reach(Summary summary, string arm)
    {
        var (pairs, samples, time) = (summary.Pairs(arm).Count, summary.Paired(arm, Gains.SamplesToReach), summary.Paired(arm, Gains.TimeToReach));
        if (samples.Count == 0) return $" It never reaches the baseline's final loss.";
        return string.Create(CultureInfo.InvariantCulture,
            $" It first reaches the baseline's final loss after {Percent(samples, "F0")} of the baseline's samples and {Percent(time, "F0")} of its time{(samples.Count < pairs ? $", in {samples.Count} of {pairs} seeds" : "")}.");
    }

    private static string Percent(IReadOnlyList<double> shares, string format) => $"{Figures.Spread([.. shares.Select(share => 100 * share)], format, shares.Count)} %";

    private static string Score(string task, PairedDifference of) => string.Create(CultureInfo.InvariantCulture, $" On {task} it scores {100 * of.Mean:+0.0;-0.0;0.0} points")
        + (double.IsNaN(of.HalfWidth) ? "." : string.Create(CultureInfo.InvariantCulture, $" (± {100 * of.HalfWidth:F1}{(Math.Abs(of.Mean) > of.HalfWidth ? "" : ", which may be luck")})."));

    private static string Failed(Summary summary, string arm) => summary.Failures(arm) is var failures && failures == 0 ? ""
        : string.Create(CultureInfo.InvariantCulture, $"{failures} of {summary.Of(arm).Count} runs diverged.");
}
