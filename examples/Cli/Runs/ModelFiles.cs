namespace Cli;

/// <summary>The files of a model folder in Hugging Face's layout that are read, whatever else is in it.</summary>
internal static class ModelFiles
{
    private static readonly string[] Names = ["config.json", "vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "model.safetensors.index.json"];

    public static IReadOnlyList<string> Of(string folder) =>
        [.. Names.Select(name => Path.Combine(folder, name)).Where(File.Exists).Concat(Directory.EnumerateFiles(folder, "*.safetensors")).Order(StringComparer.Ordinal)];
}
