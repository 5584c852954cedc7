namespace Microsoft.ML.PLD.Tests;

/// <summary>The repository that the tests run in.</summary>
internal static class Repository
{
    // Not from [CallerFilePath]: deterministic builds replace it.
    private static readonly Lazy<string> Root = new(() =>
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "PLD.MLNet.sln"))) root = root.Parent ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
        return root.FullName;
    });

    /// <summary>A path in it.</summary>
    public static string At(params ReadOnlySpan<string> path) => Path.Combine([Root.Value, .. path]);
}
