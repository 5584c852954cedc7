using Glue;

namespace Cli;

/// <summary>The encoder that comes with the repository, wherever in it the program was started.</summary>
internal static class ShippedModel
{
    private static readonly string InRepository = Path.Combine("examples", "models", "pld-bert-mini");

    /// <exception cref="UsageException">There is none.</exception>
    public static string Find() => new[] { Environment.CurrentDirectory, AppContext.BaseDirectory }.SelectMany(Above).Select(folder => Path.Combine(folder, InRepository)).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "config.json")))
        ?? throw new UsageException($"--pretrained is missing, and there is no {InRepository} here or above, which is the default; expected a model folder: of pretrain (OUTPUT/model), or of Hugging Face.");

    private static IEnumerable<string> Above(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent) yield return at.FullName;
    }
}
