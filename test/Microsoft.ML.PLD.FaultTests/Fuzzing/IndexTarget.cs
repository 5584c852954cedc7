using System.Text.Json;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>The list of the parts that a model's weights lie in.</summary>
internal sealed class IndexTarget : FuzzTarget
{
    private static readonly string[] Parts = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

    private readonly string _folder, _file;

    public IndexTarget(string folder)
    {
        (_folder, _file) = (folder, Path.Combine(folder, WeightFiles.Index));
        using var model = SmallModel.Make();
        var names = model.Weights.Tensors.Keys.ToArray();
        var place = new Dictionary<string, string>();
        foreach (var (part, some) in Parts.Zip(names.Chunk((names.Length + 1) / 2)))
        {
            using var stream = File.Create(Path.Combine(folder, part));
            SafetensorsWriter.Write(stream, some.ToDictionary(name => name, name => model.Weights.Tensors[name]));
            foreach (var name in some) place[name] = part;
            OtherBytes += (int)stream.Length;
        }
        Seeds = [new FuzzSeed(JsonSerializer.SerializeToUtf8Bytes(new { metadata = new { total_size = OtherBytes }, weight_map = place }), new JsonFormat())];
    }

    public override IReadOnlyList<FuzzSeed> Seeds { get; }

    public override int OtherBytes { get; }

    // Two files with their headers.
    public override int Allowance => 128 << 10;

    /// <summary>Names and files as .NET strings in a dictionary: five bytes and some 70.</summary>
    public override double FactorFor(byte[] input) => VocabularyTarget.Factor;

    public override object? Parse(byte[] input)
    {
        File.WriteAllBytes(_file, input);
        try
        {
            return WeightFiles.Open(_folder);
        }
        catch (FileNotFoundException missing)
        {
            throw new InvalidDataException(missing.Message, missing); // a part that the list names, and is not there: as well documented
        }
    }

    public override void Use(object parsed) => ((WeightFiles)parsed).Entries.Count();
}
