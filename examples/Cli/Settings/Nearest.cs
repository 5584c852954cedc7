namespace Cli;

/// <summary>What somebody may have meant who misspelt a name.</summary>
internal static class Nearest
{
    /// <summary>The name that is fewest letters away, if these are few for its length; null: none.</summary>
    public static string? Of(string given, IEnumerable<string> names) => names
        .Select(name => (Name: name, Away: Distance(given.ToLowerInvariant(), name.ToLowerInvariant())))
        .Where(one => one.Away <= Math.Max(1, Math.Min(given.Length, one.Name.Length) / 3))
        .OrderBy(one => one.Away).Select(one => one.Name).FirstOrDefault();

    /// <summary>" (did you mean 'steps'?)", or nothing.</summary>
    public static string Hint(string given, IEnumerable<string> names) => Of(given, names) is { } name ? $" (did you mean '{name}'?)" : "";

    // Levenshtein's, in which two letters that changed places count once.
    private static int Distance(string a, string b)
    {
        var away = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) away[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) away[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++)
            {
                var least = Math.Min(Math.Min(away[i - 1, j], away[i, j - 1]) + 1, away[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) least = Math.Min(least, away[i - 2, j - 2] + 1);
                away[i, j] = least;
            }
        return away[a.Length, b.Length];
    }
}
