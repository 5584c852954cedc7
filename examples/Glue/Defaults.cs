namespace Glue;

/// <summary>Data and model where the command line names none.</summary>
internal static class Defaults
{
    private const string Variable = "GLUE_DIR";

    public static IReadOnlyList<string> Data() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folders
        ? folders.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        : [Shipped("data", "glue")];

    public static IReadOnlyList<string> Models() => Shipped("models", "pld-bert-mini") is var folder && Directory.Exists(folder) ? [folder] : ["tiny"];

    private static string Shipped(params string[] path) => Path.Combine([AppContext.BaseDirectory, .. path]);
}
