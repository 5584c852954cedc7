using Glue;

namespace Compare;

/// <summary>The files that are read where text is named by a file or a folder: the same that <see cref="Microsoft.ML.PLD.CorpusBuilder"/> takes.</summary>
internal static class SourceFiles
{
    private static readonly string[] Extensions = [".txt", ".txt.br", ".txt.gz"];

    /// <exception cref="UsageException">There is no such file or folder.</exception>
    public static IReadOnlyList<string> Of(string path) => File.Exists(path) ? [path]
        : Directory.Exists(path) ? [.. Directory.EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 64, IgnoreInaccessible = false }).Where(IsText).Order(StringComparer.Ordinal)]
        : throw new UsageException($"text: there is no file or folder '{path}'.");

    private static bool IsText(string path) => Extensions.Any(extension => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase));
}
