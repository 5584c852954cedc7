namespace Compare;

/// <summary>The number of steps that spends a budget.</summary>
internal static class StepSearch
{
    private const long Most = 1L << 40;

    /// <summary>The number of steps, at least 1, whose cost is nearest to the budget.</summary>
    /// <param name="cost">What a run of so many steps costs: rises with the steps, all but for luck. Its line from 0 is nearly straight, and so few numbers are tried.</param>
    /// <param name="budget">What may be spent.</param>
    /// <param name="guess">Where to begin.</param>
    /// <exception cref="ArgumentException">No number of steps costs so much.</exception>
    public static long Nearest(Func<long, double> cost, double budget, long guess)
    {
        var (low, costLow) = (0L, 0.0);
        var high = Math.Max(1, guess);
        var costHigh = cost(high);
        while (costHigh < budget)
        {
            if (high >= Most) throw new ArgumentException($"{high} steps cost {costHigh}; expected as much as {budget}.", nameof(cost));
            (low, costLow) = (high, costHigh);
            high = costHigh > 0 ? Math.Clamp((long)Math.Ceiling(high * Math.Min(2, budget / costHigh)), high + 1, Most) : 2 * high;
            costHigh = cost(high);
        }
        for (var round = 1; high - low > 1; round++)
        {
            // The line between both; now and then the middle, should the cost be no line.
            var share = round % 4 == 0 ? 0.5 : (budget - costLow) / (costHigh - costLow);
            var middle = Math.Clamp(low + (long)((high - low) * share), low + 1, high - 1);
            var costMiddle = cost(middle);
            if (costMiddle < budget) (low, costLow) = (middle, costMiddle);
            else (high, costHigh) = (middle, costMiddle);
        }
        return low >= 1 && budget - costLow <= costHigh - budget ? low : high;
    }
}
