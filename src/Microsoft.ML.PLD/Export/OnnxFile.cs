using System.Globalization;
using System.Text;
using Google.Protobuf;
using Microsoft.ML.PLD.Onnx;
using TorchSharp;
using static Microsoft.ML.PLD.Onnx.TensorProto.Types;

namespace Microsoft.ML.PLD;

/// <summary>An ONNX model that this library has written, as a source: what <see cref="OnnxEncoder"/> has joined and scaled is taken apart again.</summary>
/// <remarks>The file is not trusted. float32 comes back as it was, but for queries of heads whose size is no power of 4: their scale is a rounding. Other formats as they were rounded.</remarks>
internal sealed class OnnxFile
{
    public const string Extension = ".onnx", Producer = "Microsoft.ML.PLD";

    /// <summary>Facts of the model's that it is read again by.</summary>
    public const string Config = "config", Pools = "pooling", MostTokens = "max_length", LongText = "long_texts", Stride = "window_stride", VocabularyHash = "vocabulary_sha256", IsLowerCase = "lower_case";

    private readonly string _path, _folder;
    private readonly Dictionary<string, TensorProto> _tensors;
    private readonly Dictionary<string, string> _facts;
    private readonly BertConfig _config;
    private readonly WordPieceTokenizer _tokenizer;

    /// <param name="path">The file, with the tokenizer's beside it.</param>
    /// <exception cref="FileNotFoundException">It is not there, or what should be beside it.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or not of this library.</exception>
    public OnnxFile(string path)
    {
        TorchRuntime.EnsureLoaded();
        (_path, _folder) = (path, Path.GetDirectoryName(Path.GetFullPath(path))!);
        var model = Parse(path);
        _facts = model.MetadataProps.DistinctBy(fact => fact.Key).ToDictionary(fact => fact.Key, fact => fact.Value);
        if (model.ProducerName != Producer || !_facts.TryGetValue(Config, out var config))
            throw Invalid($"it is by '{Excerpt.Of(model.ProducerName)}'{(model.ProducerName == Producer ? $", without '{Config}' in its metadata" : "")}; expected one that SaveAsOnnx of this library has written");
        _tensors = model.Graph.Initializer.Where(tensor => tensor.DataType is (int)DataType.Float or (int)DataType.Float16 or (int)DataType.Int8)
            .DistinctBy(tensor => tensor.Name).ToDictionary(tensor => tensor.Name);
        (_config, _, _) = HuggingFaceConfig.Parse(Encoding.UTF8.GetBytes(config), path);
        _tokenizer = TokenizerFiles.Read(_folder);
        if (Fact(VocabularyHash) != _tokenizer.Vocabulary.Sha256 || Fact(IsLowerCase) != (_tokenizer.LowerCase ? "true" : "false")) throw Invalid("the tokenizer beside it is another model's");
        if (_tokenizer.Vocabulary.Count > _config.VocabularySize) throw Invalid($"the vocabulary beside it has {_tokenizer.Vocabulary.Count:N0} pieces, but its config says vocab_size {_config.VocabularySize:N0}");
        if (MaxLength < WordPieceTokenizer.SpecialsOfText + 1 || MaxLength > _config.MaxPositions) throw Invalid($"it has {MostTokens} {MaxLength}; expected {WordPieceTokenizer.SpecialsOfText + 1} to its {_config.MaxPositions} positions");
        ExpectBytes();
        SafetensorsReader.ExpectRoomFor(
            [.. _tensors.Values.Select(tensor => new SafetensorsEntry(tensor.Name, Single, [.. tensor.Dims], 0, Count(tensor) * Single.Size))], path, _config, $"{Config} in it");
    }

    /// <summary>How the vectors of tokens become one.</summary>
    public Pooling Pooling => Choice<Pooling>(Pools);

    /// <summary>The most tokens of a text.</summary>
    public int MaxLength => Number(MostTokens);

    /// <summary>How the model of a task reads texts.</summary>
    /// <exception cref="InvalidDataException">As none can.</exception>
    public FineTuningOptions Reading
    {
        get
        {
            var reading = new FineTuningOptions
            {
                MaxLength = MaxLength, Pooling = Pooling, LongTexts = _facts.ContainsKey(LongText) ? Choice<LongTexts>(LongText) : LongTexts.Head, WindowStride = _facts.ContainsKey(Stride) ? Number(Stride) : 0,
            };
            var problems = string.Join(' ', reading.Problems());
            return problems.Length == 0 ? reading : throw Invalid($"its metadata cannot be: {problems.TrimEnd('.')}");
        }
    }

    /// <summary>Whether a path is an ONNX model's.</summary>
    public static bool Is(string path) => path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) && !Directory.Exists(path);

    /// <summary>The encoder, whose heads of pre-training are random.</summary>
    public BertModel LoadModel(torch.Device device)
    {
        if (_tensors.ContainsKey($"{PredictionHead.LastName}.bias")) throw Invalid("it is fine-tuned; expected an encoder. The transformer of its task reads it");
        var model = new BertModel(_config, _tokenizer, nextSentence: false, device, seed: 0);
        try
        {
            bool IsHead(string weight) => weight.StartsWith(MaskedLanguageHead.Name, StringComparison.Ordinal);
            Fill(model.Weights, weight => !IsHead(weight));
            model.Report = new WeightsReport([.. model.Weights.Tensors.Keys.Where(IsHead)], []);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The encoder with the head of a task, and what its outputs stand for; null: the file does not say.</summary>
    public (BertPredictor Predictor, IReadOnlyList<string>? Labels) LoadPredictor(torch.Device device)
    {
        if (!_tensors.TryGetValue($"{PredictionHead.LastName}.bias", out var bias) || bias.Dims is not [>= 1 and <= int.MaxValue]) throw Invalid("it has no classifier: it was not fine-tuned. PldBertTransformer reads it");
        var outputs = (int)bias.Dims[0];
        var last = $"{PredictionHead.LastName}.weight";
        if (Proto(last) is not { } matrix || Count(matrix) != outputs * (long)_config.HiddenSize) throw Invalid($"it has {outputs:N0} classes, but no '{last}' of as many");
        var labels = HuggingFaceConfig.ParseTask(Encoding.UTF8.GetBytes(Fact(Config)), _path, outputs);
        var predictor = new BertPredictor(_config, _tokenizer, outputs, Pooling, device, seed: 0);
        try
        {
            Fill(predictor.Weights, _ => true);
            return (predictor, labels);
        }
        catch
        {
            predictor.Dispose();
            throw;
        }
    }

    private void Fill(ParameterStore weights, Func<string, bool> isExpected)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        foreach (var (name, target) in weights.Tensors)
        {
            if (!isExpected(name)) continue;
            using var each = torch.NewDisposeScope();
            var values = Find(name);
            if (!values.shape.AsSpan().SequenceEqual(target.shape)) throw Invalid($"'{name}' has the shape [{string.Join(", ", values.shape)}]; expected [{string.Join(", ", target.shape)}]");
            target.copy_(values);
        }
        weights.Refresh();
    }

    private torch.Tensor Find(string name)
    {
        // bert.encoder.layer.0.attention.self.query.weight is a part of bert.encoder.layer.0.attention.self.query_key_value.weight.
        if (name.Split('.') is not [.., "self", var part, var kind] names) return Read(name);
        var before = string.Join('.', names[..^2]);
        var (joined, first) = Proto($"{before}.query_key_value.{kind}") is not null ? ("query_key_value", 0) : part == "query" ? ("query", 0) : ("key_value", 1);
        var all = Read($"{before}.{joined}.{kind}");
        var (size, place) = (_config.HiddenSize, Array.IndexOf(["query", "key", "value"], part) - first);
        if (all.shape[0] != size * (joined.Count(letter => letter == '_') + 1)) throw Invalid($"'{before}.{joined}.{kind}' has the shape [{string.Join(", ", all.shape)}], which does not fit a hidden size of {size}");
        var values = all.narrow(0, place * size, size);
        return part == "query" ? values.Times(Math.Sqrt(_config.HeadSize)) : values;
    }

    private TensorProto? Proto(string name) => _tensors.GetValueOrDefault(name) ?? _tensors.GetValueOrDefault($"{name}_quantized");

    // In float32, and as the network has it: matrices of layers lie the other way round in ONNX.
    private torch.Tensor Read(string name)
    {
        var values = _tensors.ContainsKey($"{name}_quantized") ? Scaled(name) : Raw(name).to(torch.float32);
        if (values.dim() is not (1 or 2)) throw Invalid($"'{name}' has {values.dim()} dimensions; expected one or two");
        return values.dim() == 2 && !name.Contains("_embeddings.", StringComparison.Ordinal) ? values.t() : values;
    }

    private torch.Tensor Scaled(string name)
    {
        var (quantized, scale) = (Raw($"{name}_quantized").to(torch.float32), Raw($"{name}_scale"));
        // One for each column, or, of embeddings, for each row.
        if (quantized.dim() != 2 || scale.dim() is 0 or > 2 || scale.shape[^1] != (scale.dim() == 1 ? quantized.shape[1] : 1) || scale.dim() == 2 && scale.shape[0] != quantized.shape[0])
            throw Invalid($"'{name}_scale' has the shape [{string.Join(", ", scale.shape)}], which does not fit [{string.Join(", ", quantized.shape)}]");
        return quantized.mul(scale);
    }

    private torch.Tensor Raw(string name)
    {
        if (!_tensors.TryGetValue(name, out var proto)) throw Invalid($"it has no '{name}'");
        var values = torch.empty([.. proto.Dims], dtype: proto.DataType switch { (int)DataType.Float => torch.float32, (int)DataType.Float16 => torch.float16, _ => torch.int8 });
        using Stream stream = proto.DataLocation == DataLocation.External ? File.OpenRead(Path.Combine(_folder, Place(proto).File)) : new MemoryStream(proto.RawData.ToByteArray(), writable: false);
        if (proto.DataLocation == DataLocation.External) stream.Position = Place(proto).Offset;
        TensorBytes.Read(values, stream);
        return values;
    }

    // Before memory is taken for what dimensions say: that as many bytes are there, each of them once.
    private void ExpectBytes()
    {
        Int128 outside = 0;
        var files = new Dictionary<string, long>();
        foreach (var proto in _tensors.Values)
        {
            var bytes = Count(proto) * (proto.DataType == (int)DataType.Float ? sizeof(float) : proto.DataType == (int)DataType.Float16 ? 2 : 1);
            if (proto.DataLocation != DataLocation.External)
            {
                if (proto.RawData.Length != bytes) throw Invalid($"'{Excerpt.Of(proto.Name)}' has {proto.RawData.Length:N0} bytes; expected {bytes:N0}");
                continue;
            }
            var (file, offset) = Place(proto);
            var path = Path.Combine(_folder, file);
            if (!File.Exists(path)) throw new FileNotFoundException($"'{_path}' has its weights in '{file}', which is not beside it.", path);
            files[file] = new FileInfo(path).Length;
            if (offset > files[file] - bytes) throw Invalid($"'{Excerpt.Of(proto.Name)}' should be {bytes:N0} bytes from {offset:N0} on in '{file}', which ends before");
            outside += bytes;
        }
        if (outside > files.Values.Aggregate(Int128.Zero, (sum, length) => sum + length)) throw Invalid("several of its weights are the same bytes");
    }

    private (string File, long Offset) Place(TensorProto proto)
    {
        var said = proto.ExternalData.DistinctBy(entry => entry.Key).ToDictionary(entry => entry.Key, entry => entry.Value);
        // Our own name, and no other: a stranger's file reads nothing else of this machine.
        if (!said.TryGetValue("location", out var location) || Path.GetFileName(location) != location || !location.EndsWith($"{Extension}.data", StringComparison.Ordinal))
            throw Invalid($"'{Excerpt.Of(proto.Name)}' is in the file '{Excerpt.Of(location ?? "")}'; expected NAME{Extension}.data beside the model");
        if (!long.TryParse(said.GetValueOrDefault("offset", "0"), NumberStyles.None, CultureInfo.InvariantCulture, out var offset)) throw Invalid($"'{Excerpt.Of(proto.Name)}' begins at '{Excerpt.Of(said["offset"])}'; expected a number");
        return (location, offset);
    }

    private static SafetensorsType Single => SafetensorsType.Of(torch.float32)!;

    private long Count(TensorProto tensor) =>
        SafetensorsEntry.ByteLength(Single, [.. tensor.Dims]) / Single.Size ?? throw Invalid($"'{Excerpt.Of(tensor.Name)}' has a shape that no tensor has");

    private string Fact(string name) => _facts.GetValueOrDefault(name) ?? throw Invalid($"it has no '{name}' in its metadata");

    private int Number(string name) => int.TryParse(Fact(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Invalid($"it has {name} '{Excerpt.Of(Fact(name))}'; expected a number");

    private T Choice<T>(string name) where T : struct, Enum =>
        Enum.TryParse<T>(Fact(name), out var value) && Enum.IsDefined(value) ? value : throw Invalid($"it has {name} '{Excerpt.Of(Fact(name))}'; expected one of {string.Join(", ", Enum.GetNames<T>())}");

    private static ModelProto Parse(string path)
    {
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no ONNX model '{path}'.", path);
        using var stream = File.OpenRead(path);
        try
        {
            return ModelProto.Parser.ParseFrom(stream) is { Graph: not null } model ? model : throw new InvalidDataException($"'{path}' is no ONNX model: it has no graph.");
        }
        catch (InvalidProtocolBufferException failure)
        {
            throw new InvalidDataException($"'{path}' is no ONNX model: {Excerpt.Of(failure.Message)}", failure);
        }
    }

    private InvalidDataException Invalid(string problem) => new($"'{_path}' is not an ONNX model that this library can read: {problem}.");
}
