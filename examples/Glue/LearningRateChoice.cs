namespace Glue;

/// <summary>Which learning rate a model gets on a task.</summary>
internal static class LearningRateChoice
{
    /// <summary>
    /// The rate that is best on the development sets: with the first seed, as in the usual search; or in the mean over all seeds, where every rate has run with
    /// all of them. Of equals the lower one. Null where no rate has a result yet.
    /// </summary>
    public static double? Best(IEnumerable<RunResult> results, bool fullGrid)
    {
        var rates = results.Where(result => fullGrid || result.Key.Seed == 1)
            .GroupBy(result => result.Key.LearningRate)
            .Select(rate => (Rate: rate.Key, Score: rate.Average(result => result.Score())))
            .OrderByDescending(rate => rate.Score).ThenBy(rate => rate.Rate)
            .ToArray();
        return rates.Length > 0 ? rates[0].Rate : null;
    }
}
