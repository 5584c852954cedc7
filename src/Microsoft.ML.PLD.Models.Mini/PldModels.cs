namespace Microsoft.ML.PLD;

/// <summary>Pre-trained models that come as packages: their files are copied beside the application when it is built, and nothing is downloaded.</summary>
public static class PldModels
{
    private const string MiniName = "pld-bert-mini";
    private static readonly string[] Files = ["config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt"];

    /// <summary>
    /// Loads pld-bert-mini: a small English encoder, 12 blocks of hidden size 256, 13.7 million weights, texts of at most 128 pieces in lower case, to fine-tune on one's own labels
    /// or to go on pre-training from. Its model card, README.md in <see cref="MiniFolder"/>, says what it has read, what it can do and what not.
    /// </summary>
    /// <remarks>
    /// Each call reads the files, in a fraction of a second, and gives a model of its own, 55 MB of float32 weights: keep it while you use it, and dispose of it yourself. Estimators
    /// that were given it, as <c>pretrained</c>, need it until their Fit has ended; what they fit has its own copy.
    /// </remarks>
    /// <param name="device">Where the weights go, as <see cref="RuntimeOptions.Device"/>. Default: <c>cpu</c>; training moves its copy to the device of its own options.</param>
    /// <returns>A new model; yours to dispose of.</returns>
    /// <exception cref="FileNotFoundException">A file of the model is missing; the message names the folders tried, and what to do.</exception>
    /// <exception cref="InvalidDataException">A file is damaged; the message names it.</exception>
    /// <exception cref="DllNotFoundException">There is no libtorch, as for <see cref="TorchRuntime.EnsureLoaded"/>.</exception>
    /// <example><code>
    /// using BertModel mini = PldModels.Mini();
    /// var trainer = mlContext.MulticlassClassification.Trainers.PldBert("Label", "Text", pretrained: mini);
    /// </code></example>
    public static BertModel Mini(string device = "cpu") => BertModel.FromPretrained(MiniFolder, device);

    /// <summary>The folder with the files of pld-bert-mini, for <see cref="BertModel.FromPretrained"/> and for programs that take folders.</summary>
    /// <exception cref="FileNotFoundException">A file of the model is missing; the message names the folders tried, and what to do.</exception>
    public static string MiniFolder => Find(MiniName, [.. Roots()]);

    /// <summary>The first of the roots that has the model with all its files.</summary>
    internal static string Find(string model, IReadOnlyList<string> roots)
    {
        string[] folders = [.. roots.Select(root => Path.Combine(root, "models", model))];
        return folders.FirstOrDefault(folder => Missing(folder).Length == 0) ?? throw new FileNotFoundException(
            $"The files of the model {model} were not found. The package Microsoft.ML.PLD.Models.Mini copies them beside the application when it is built or published: "
            + $"build again, and copy the folder 'models' along with the application; or load a folder of your own with BertModel.FromPretrained. Tried:"
            + string.Concat(folders.Select(folder => $"\n  {folder} ({(Directory.Exists(folder) ? $"without {string.Join(", ", Missing(folder))}" : "not there")})")),
            Path.Combine(folders[0], Missing(folders[0])[0]));
    }

    private static string[] Missing(string folder) => [.. Files.Where(file => !File.Exists(Path.Combine(folder, file)))];

    // Beside the application; beside this assembly, which another host may have loaded; and in the package itself, where notebooks load from.
    private static IEnumerable<string> Roots()
    {
        yield return AppContext.BaseDirectory;
        if (Path.GetDirectoryName(typeof(PldModels).Assembly.Location) is not { Length: > 0 } assembly) yield break; // in a single file
        if (assembly != Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)) yield return assembly;
        yield return Path.GetFullPath(Path.Combine(assembly, "..", ".."));
    }
}
