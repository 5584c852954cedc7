using System.Globalization;
using Glue;

namespace Cli;

/// <summary>Finds out from a column's values what kind of task it is.</summary>
internal static class TaskDetection
{
    /// <summary>More whole numbers than this are a quantity, and not names of classes.</summary>
    private const int MostNumberedClasses = 20;

    /// <param name="labels">The values, none empty.</param>
    /// <param name="column">Where they are from, for messages.</param>
    /// <returns>The kind, and a sentence that says why.</returns>
    /// <exception cref="UsageException">They are all the same, or almost all different texts.</exception>
    public static (TaskKind Kind, string Why) Of(IReadOnlyCollection<string> labels, string column)
    {
        string[] values = [.. labels.Distinct().Order(StringComparer.Ordinal)];
        if (values.Length < 2) throw OneValue(values, labels.Count, column);
        if (values.DistinctBy(value => value, StringComparer.OrdinalIgnoreCase).ToArray() is [var one, var other] && Truth.Of(one) is { } truth && Truth.Of(other) == !truth)
            return (TaskKind.Binary, $"yes or no ('{one}', '{other}'), which predict will call true or false; --task classes keeps the words");
        if (values.All(value => IsNumber(value, out _)))
            return values.Length <= MostNumberedClasses && values.All(value => IsNumber(value, out var number) && number == Math.Floor(number))
                ? (TaskKind.Classes, $"{values.Length} classes ({string.Join(", ", values)}); --task number takes them as numbers")
                : (TaskKind.Number, $"numbers ({values.Length} different ones)");
        if (values.All(value => IsNumber(value.Replace(',', '.'), out _)))
            throw new UsageException($"{column} has numbers with commas, as '{values.First(value => value.Contains(','))}'; expected points. --task classes takes them as names.");
        if (values.Length > 20 && values.Length > labels.Count / 2)
            throw new UsageException($"{column} has {values.Length} different values in {labels.Count} rows, as '{Short(values[0])}' and '{Short(values[1])}'; expected a class, an answer or a number for each row. Is it another column? --task classes takes it all the same.");
        return (TaskKind.Classes, $"{values.Length} classes ({string.Join(", ", values.Take(5).Select(Short))}{(values.Length > 5 ? ", ..." : "")})");
    }

    /// <summary>As for a column that holds nothing to learn.</summary>
    public static UsageException OneValue(IReadOnlyList<string> values, int rows, string column) => new(values.Count == 0
        ? $"{column} has no values; expected a label in each row."
        : $"{column} has only one value, '{Short(values[0])}', in all of {rows} rows; expected at least two different ones.");

    public static bool IsNumber(string label, out float number) => float.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && float.IsFinite(number);

    private static string Short(string value) => value.Length <= 40 ? value : $"{value[..40]}...";
}
