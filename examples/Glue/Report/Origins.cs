using System.Globalization;

namespace Glue;

/// <summary>Which builds and machines the results of a report are of: those of earlier sessions are used again.</summary>
internal static class Origins
{
    public static ReportTable Table(Summary summary) => new("Origin of the results", ["build of the library", "machine", "runs", "finished (UTC)"],
    [
        .. from result in summary.Results
           group result by (result.Build, result.Machine) into origin
           orderby origin.Min(result => result.Finished)
           select (string[])[origin.Key.Build, origin.Key.Machine, origin.Count().ToString("N0", CultureInfo.InvariantCulture), Days(origin.Min(result => result.Finished), origin.Max(result => result.Finished))],
    ],
    (Caution(summary) ?? "All results are of this build of the library, on this machine.") + " A run that was stopped and resumed stands where it ended.");

    /// <summary>What one must know where not all results are of this build and machine; null where they are.</summary>
    public static string? Caution(Summary summary)
    {
        string[] builds = [.. summary.Results.Select(result => result.Build).Distinct()], machines = [.. summary.Results.Select(result => result.Machine).Distinct()];
        string[] parts = [.. new[] { Part(builds, RunKey.LibraryBuild, "build"), Part(machines, ThisMachine.Name, "machine") }.OfType<string>()];
        return parts.Length == 0 ? null : $"Caution: the results are {string.Join(", and ", parts)}. --fresh makes all of them anew.";
    }

    private static string? Part(string[] found, string current, string what) => found switch
    {
        [] => null,
        [var only] => only == current ? null : $"of another {what} than this report",
        _ => string.Create(CultureInfo.InvariantCulture, $"of {found.Length} different {what}s"),
    };

    private static string Days(DateTimeOffset first, DateTimeOffset last) => Day(first) == Day(last) ? Day(first) : $"{Day(first)} to {Day(last)}";

    private static string Day(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
