namespace Microsoft.ML.PLD;

/// <summary>Options are checked once, before any work, and all that is wrong is said in one message.</summary>
internal static class OptionProblems
{
    /// <summary>Says which parts are null; what is in them can be checked only when none is.</summary>
    public static IReadOnlyList<string> Missing(params (string Name, object? Value)[] parts) =>
        [.. parts.Where(part => part.Value is null).Select(part => $"{part.Name} is null; leave it out for the default.")];

    /// <summary>Says which values are none of their type's.</summary>
    public static IEnumerable<string> Undefined(params (string Name, Enum Value)[] options)
    {
        foreach (var (name, value) in options)
            if (!Enum.IsDefined(value.GetType(), value)) yield return $"{name} is {value}; expected one of: {string.Join(", ", Enum.GetNames(value.GetType()))}.";
    }

    /// <exception cref="ArgumentException">There is a problem.</exception>
    public static void ThrowIfAny(string options, IEnumerable<string> problems)
    {
        var all = problems.ToArray();
        if (all.Length > 0) throw new ArgumentException($"{options}: {string.Join(" ", all)}");
    }
}
