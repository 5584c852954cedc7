namespace Glue;

/// <summary>Which learning rate a model gets on a task.</summary>
internal static class LearningRateChoice
{
    /// <summary>
    /// The rate that is best on the development sets: with the first seed, as in the usual search; or in the mean over all seeds, where every rate has run with
    /// all of them: of the rates without failures, or, if each has some, of those with the fewest. A rate that mostly diverges is not good for the seed with which it
    /// did not. Of equals the lower one. Null where no rate has a result.
    /// </summary>
    public static double? Best(IEnumerable<RunResult> results, bool fullGrid)
    {
        var rates = results.Where(result => fullGrid || result.Key.Seed == 1)
            .GroupBy(result => result.Key.LearningRate)
            .Where(rate => rate.Any(result => result.Failure is null))
            .Select(rate => (Rate: rate.Key, Failures: rate.Count(result => result.Failure is not null), Score: rate.Where(result => result.Failure is null).Average(result => result.Score())))
            .OrderBy(rate => rate.Failures).ThenByDescending(rate => rate.Score).ThenBy(rate => rate.Rate)
            .ToArray();
        return rates.Length > 0 ? rates[0].Rate : null;
    }
}
