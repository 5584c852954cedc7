using TorchSharp;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>A model folder in which one file is mutated: loaded, and a text put through it.</summary>
internal sealed class FolderTarget : FuzzTarget
{
    public const string Name = "model-folder";

    private readonly string _folder;
    private readonly (string Path, byte[] Good)[] _files;

    public FolderTarget(string folder)
    {
        _folder = Path.Combine(folder, "model");
        using (var model = SmallModel.Make(NormPlacement.Post)) model.SavePretrained(_folder);
        _files = [.. PretrainedFolder.Files.Select(name => Path.Combine(_folder, name)).Select(path => (path, File.ReadAllBytes(path)))];
        Seeds = [.. _files.Select((file, part) => FuzzSeed.Part(part, file.Good, FormatOf(file.Path)))];
        OtherBytes = _files.Sum(file => file.Good.Length);
    }

    public override IReadOnlyList<FuzzSeed> Seeds { get; }

    public override int OtherBytes { get; }

    // A network: its blocks, its parameters, and what initializes them.
    public override int Allowance => 128 << 10;

    public override double FactorFor(byte[] input) => input.Length > 0 && _files[input[0] % _files.Length].Path.EndsWith(".txt", StringComparison.Ordinal) ? VocabularyTarget.Factor : base.FactorFor(input);

    public override object? Parse(byte[] input)
    {
        if (input.Length == 0) return null;
        var (path, good) = _files[input[0] % _files.Length];
        try
        {
            File.WriteAllBytes(path, input[1..]);
            Tensors = 0;
            var model = PretrainedFolder.Load(_folder, torch.CPU);
            MeteredStream.Note();
            Tensors = model.Weights.All.Count;
            return model;
        }
        finally
        {
            File.WriteAllBytes(path, good);
        }
    }

    public override void Use(object parsed)
    {
        var model = (BertModel)parsed;
        model.Embed([model.Tokenizer.Encode("Ab cü?", maxLength: Math.Min(8, model.Config.MaxPositions))], Pooling.Mean, torch.float32);
    }

    public static FuzzFormat FormatOf(string path) => Path.GetExtension(path) switch
    {
        ".json" => new JsonFormat(),
        ".txt" => new LineFormat(),
        ".safetensors" => new SafetensorsFormat(),
        _ => new BinaryFormat(),
    };
}
