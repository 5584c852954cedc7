using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cli;

/// <summary>The kinds of settings that there are.</summary>
internal static class Settings
{
    /// <summary>A whole number with a default.</summary>
    public static Setting<int> Whole(string name, string description, int usual, int least) =>
        new(name, "N", description, ArgumentArity.ExactlyOne, given => Whole(given[0], least)) { DefaultValueFactory = _ => usual };

    /// <summary>A whole number, or none.</summary>
    public static Setting<int?> WholeOrNone(string name, string description, int least) => new(name, "N", description, ArgumentArity.ExactlyOne, given => Whole(given[0], least));

    /// <summary>A number with a default.</summary>
    public static Setting<double> Real(string name, string description, double usual, double least = 0, double most = double.PositiveInfinity) =>
        new(name, "X", description, ArgumentArity.ExactlyOne, given => Real(given[0], least, most)) { DefaultValueFactory = _ => usual };

    /// <summary>A number, or none.</summary>
    public static Setting<double?> RealOrNone(string name, string description, double least = 0, double most = double.PositiveInfinity) =>
        new(name, "X", description, ArgumentArity.ExactlyOne, given => Real(given[0], least, most));

    public static Setting<bool> Flag(string name, string description) => new(name, "true|false", description, ArgumentArity.ZeroOrOne, given => given switch
    {
        [] => true,
        [var text] when bool.TryParse(text, out var truth) => truth,
        _ => throw new FormatException($"is '{given[0]}'; expected true, false, or nothing, which is true."),
    });

    public static Setting<string?> Text(string name, string helpName, string description, string? usual = null) =>
        new(name, helpName, description, ArgumentArity.ExactlyOne, given => given[0].Length > 0 ? given[0] : throw new FormatException($"is empty; expected {helpName}.")) { DefaultValueFactory = _ => usual };

    public static Setting<string[]> Texts(string name, string helpName, string description) => new(name, helpName, description, ArgumentArity.OneOrMore, given => [.. given], List);

    /// <summary>Where to compute.</summary>
    public static Setting<string> Device() => new("--device", "auto|cpu|cuda|cuda:N", "Where to compute. auto: the environment variable PLD_DEVICE, else a CUDA device if there is one.", ArgumentArity.ExactlyOne, given =>
        given[0] is "auto" or "cpu" or "cuda" || (given[0].StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(given[0].AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            ? given[0]
            : throw new FormatException($"is '{given[0]}'; expected auto, cpu, cuda, or cuda:N with N from 0."))
    { DefaultValueFactory = _ => "auto" };

    public static Setting<string?> Path(string name, string description, string? usual = null, string helpName = "FILE") =>
        new(name, helpName, description, ArgumentArity.ExactlyOne, given => given[0], path => path is null ? null : JsonValue.Create(System.IO.Path.GetFullPath(path))) { IsPath = true, DefaultValueFactory = _ => usual };

    public static Setting<string[]> Paths(string name, string description) =>
        new(name, "PATH", description, ArgumentArity.OneOrMore, given => [.. given], paths => List([.. paths.Select(System.IO.Path.GetFullPath)])) { IsPath = true };

    /// <summary>One of the names of a type, small and capital letters alike.</summary>
    public static Setting<T> Choice<T>(string name, string description, T usual) where T : struct, Enum => OneOf(name, description, usual, Enum.GetNames<T>(), Enum.Parse<T>);

    /// <summary>One of some names, small and capital letters alike.</summary>
    public static Setting<string> Choice(string name, string description, string usual, params IReadOnlyList<string> names) => OneOf(name, description, usual, names, found => found);

    public static string Expected(IEnumerable<string> names) => $"one of: {string.Join(", ", names)}";

    private static Setting<T> OneOf<T>(string name, string description, T usual, IReadOnlyList<string> names, Func<string, T> make)
    {
        var setting = new Setting<T>(name, string.Join('|', names), description, ArgumentArity.ExactlyOne, given =>
            names.FirstOrDefault(one => one.Equals(given[0], StringComparison.OrdinalIgnoreCase)) is { } found
                ? make(found)
                : throw new FormatException($"is '{given[0]}'{Nearest.Hint(given[0], names)}; expected {Expected(names)}."))
        { DefaultValueFactory = _ => usual };
        setting.CompletionSources.Add([.. names]);
        return setting;
    }

    // .NET takes commas anywhere: where decimals have commas, 2,5 is not meant as 25.
    private static int Whole(string text, int least) =>
        int.TryParse(text, NumberStyles.Integer | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number) && number >= least
            && (!text.Contains(',') || text == number.ToString("N0", CultureInfo.InvariantCulture))
            ? number
            : throw new FormatException($"is '{text}'; expected a whole number from {least}.");

    private static double Real(string text, double least, double most) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException(FormattableString.Invariant($"is '{text}'; expected a number {(double.IsInfinity(most) ? $"from {least}" : $"from {least} to {most}")}, with a point, as 0.5 or 1e-3."));

    private static JsonNode? List(string[] values) => values.Length == 0 ? null : JsonSerializer.SerializeToNode(values);
}
