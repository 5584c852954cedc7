using TorchSharp;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>An ONNX model of this library's, read as weights: a classifier, and an encoder in 8 bits.</summary>
internal sealed class OnnxTarget : FuzzTarget
{
    private const int Classifier = 0, Encoder = 1;

    private readonly string _file;

    public OnnxTarget(string folder)
    {
        _file = Path.Combine(folder, "model.onnx");
        var mlContext = new MLContext(seed: 1);
        using var encoder = SmallModel.Transformer(mlContext);
        using var classifier = SmallModel.Binary(mlContext);
        encoder.SaveAsOnnx(_file, new() { ExternalData = true }); // with the tokenizer's files, and weights that another model may point at
        OtherBytes = TokenizerFiles.All.Append("model.onnx.data").Sum(name => (int)new FileInfo(Path.Combine(folder, name)).Length);
        Seeds = [Seed(Classifier, stream => classifier.SaveAsOnnx(stream)), Seed(Encoder, stream => encoder.SaveAsOnnx(stream, new() { Precision = OnnxPrecision.Int8 }))];
    }

    public override IReadOnlyList<FuzzSeed> Seeds { get; }

    public override int OtherBytes { get; }

    // A network, as of a folder.
    public override int Allowance => 128 << 10;

    /// <summary>A node of a graph is two bytes in a file, and an object with three lists in memory: some 190 bytes.</summary>
    public override double FactorFor(byte[] input) => 100;

    public override object? Parse(byte[] input)
    {
        if (input.Length == 0) return null;
        File.WriteAllBytes(_file, input[1..]);
        Tensors = 0;
        try
        {
            var file = new OnnxFile(_file);
            _ = (file.Pooling, file.MaxLength);
            object network = input[0] % 2 == Classifier ? file.LoadPredictor(torch.CPU).Predictor : file.LoadModel(torch.CPU);
            MeteredStream.Note();
            Tensors = 3 * (network is BertModel model ? model.Weights : ((BertPredictor)network).Weights).All.Count; // joined in the file, whole, and in its place
            return network;
        }
        catch (FileNotFoundException missing)
        {
            throw new InvalidDataException(missing.Message, missing); // a file of weights beside it: as well documented
        }
    }

    public override void Use(object parsed)
    {
        if (parsed is BertModel model) model.Embed([Text(model.Tokenizer, model.Config)], Pooling.Mean, torch.float32);
        else if (parsed is BertPredictor predictor) predictor.Predict([Text(predictor.Tokenizer, predictor.Config)], torch.float32);
    }

    private static TokenizedText Text(WordPieceTokenizer tokenizer, BertConfig config) => tokenizer.Encode("Ab cü?", maxLength: Math.Min(8, config.MaxPositions));

    private static FuzzSeed Seed(int part, Action<Stream> save)
    {
        using var stream = new MemoryStream();
        save(stream);
        return FuzzSeed.Part(part, stream.ToArray(), new OnnxFormat());
    }
}
