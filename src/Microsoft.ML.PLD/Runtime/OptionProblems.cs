namespace Microsoft.ML.PLD;

/// <summary>Options are checked once, before any work, and all that is wrong is said in one message.</summary>
internal static class OptionProblems
{
    /// <exception cref="ArgumentException">There is a problem.</exception>
    public static void ThrowIfAny(string options, IEnumerable<string> problems)
    {
        var all = problems.ToArray();
        if (all.Length > 0) throw new ArgumentException($"{options}: {string.Join(" ", all)}");
    }
}
