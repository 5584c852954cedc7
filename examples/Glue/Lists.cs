using System.Globalization;

namespace Glue;

/// <summary>Lists on the command line, with spaces or commas.</summary>
internal static class Lists
{
    public static IReadOnlyList<string> Names(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <returns>Null for the paper's rates.</returns>
    /// <exception cref="UsageException">Something is no number.</exception>
    public static IReadOnlyList<double>? Rates(IEnumerable<string> values)
    {
        string[] names = [.. values.SelectMany(Names)];
        if (names is [var only] && only.Equals("paper", StringComparison.OrdinalIgnoreCase)) return null;
        return [.. names.Select(name => double.TryParse(name, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate)
            ? rate
            : throw new UsageException($"--learning-rates has '{name}'; expected numbers, for example 1e-4, or 'paper' alone.")).Distinct()];
    }
}
