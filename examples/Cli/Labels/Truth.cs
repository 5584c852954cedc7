namespace Cli;

/// <summary>The words for true and false.</summary>
internal static class Truth
{
    private static readonly string[] Trues = ["true", "yes", "1", "y", "t"], Falses = ["false", "no", "0", "n", "f"];

    public static string Expected => "true or false, yes or no, y or n, 1 or 0";

    /// <summary>Null: neither.</summary>
    public static bool? Of(string label) =>
        Trues.Contains(label, StringComparer.OrdinalIgnoreCase) ? true : Falses.Contains(label, StringComparer.OrdinalIgnoreCase) ? false : null;
}
