using System.Globalization;
using Google.Protobuf;
using Microsoft.ML.PLD.Onnx;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>A network as an ONNX model.</summary>
internal static class OnnxModel
{
    /// <summary>The version of ONNX's operators: the first with LayerNormalization.</summary>
    public const int Opset = 17;

    // Of ONNX 1.12, that of the operators.
    private const int IrVersion = 8;

    // Protobuf's limit is 2 GB, and the nodes take some of it.
    private const long MostInOneFile = 2_000_000_000;

    /// <summary>Writes a model, and what goes beside it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How.</param>
    /// <param name="tokenizer">What the model's tokens are made with.</param>
    /// <param name="maxLength">The most tokens of an input.</param>
    /// <param name="properties">Facts for who scores with it.</param>
    /// <param name="build">Adds the nodes.</param>
    public static void Save(
        string path, OnnxExportOptions options, WordPieceTokenizer tokenizer, int maxLength, IReadOnlyDictionary<string, string> properties, Action<OnnxGraph> build)
    {
        OptionProblems.ThrowIfAny(nameof(OnnxExportOptions), [.. options.Problems()]);
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var graph = Build(options, build);
        var isExternal = options.ExternalData ?? Size(graph) > MostInOneFile;
        if (!isExternal) ExpectOneFile(graph);
        var (folder, name) = (Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileName(path));
        StagedFiles.Write(folder, name, add =>
        {
            if (options.Tokenizer) TokenizerFiles.Write(tokenizer, maxLength, add);
            if (isExternal) add($"{name}.data", stream => WriteExternal(graph, $"{name}.data", stream));
            else Inline(graph);
            add(name, Model(graph, tokenizer, maxLength, properties).WriteTo);
        });
    }

    /// <summary>Writes a model, and nothing beside it.</summary>
    /// <inheritdoc cref="Save(string, OnnxExportOptions, WordPieceTokenizer, int, IReadOnlyDictionary{string, string}, Action{OnnxGraph})"/>
    public static void Save(
        Stream stream, OnnxExportOptions options, WordPieceTokenizer tokenizer, int maxLength, IReadOnlyDictionary<string, string> properties, Action<OnnxGraph> build)
    {
        OptionProblems.ThrowIfAny(nameof(OnnxExportOptions), [.. options.Problems()]);
        if (options.ExternalData is true) throw new ArgumentException("ExternalData is true, but a stream has no file beside it; save to a path.", nameof(options));
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var graph = Build(options, build);
        ExpectOneFile(graph);
        Inline(graph);
        Model(graph, tokenizer, maxLength, properties).WriteTo(stream);
    }

    private static OnnxGraph Build(OnnxExportOptions options, Action<OnnxGraph> build)
    {
        var graph = new OnnxGraph(options.Precision);
        build(graph);
        return graph;
    }

    private static long Size(OnnxGraph graph) => graph.Weights.Sum(weight => weight.Values.numel() * weight.Values.element_size());

    private static void ExpectOneFile(OnnxGraph graph)
    {
        if (Size(graph) > MostInOneFile)
            throw new InvalidOperationException($"The model has {Size(graph):N0} bytes of weights; ONNX's format allows 2 GB in one file. Save to a path, with ExternalData null or true: they get a file of their own.");
    }

    private static void Inline(OnnxGraph graph)
    {
        foreach (var (proto, values) in graph.Weights)
        {
            var bytes = new MemoryStream(checked((int)(values.numel() * values.element_size())));
            TensorBytes.Write(values, bytes);
            values.Dispose(); // not twice in memory for longer than it takes
            proto.RawData = UnsafeByteOperations.UnsafeWrap(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
        }
    }

    // Each begins at a page, so that runtimes can map it into memory.
    private static void WriteExternal(OnnxGraph graph, string name, Stream stream)
    {
        const int page = 4096;
        foreach (var (proto, values) in graph.Weights)
        {
            stream.Write(new byte[-stream.Position & (page - 1)]);
            var begin = stream.Position;
            TensorBytes.Write(values, stream);
            proto.DataLocation = TensorProto.Types.DataLocation.External;
            foreach (var (key, value) in new[] { ("location", name), ("offset", Text(begin)), ("length", Text(stream.Position - begin)) })
                proto.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
        }
    }

    private static ModelProto Model(OnnxGraph graph, WordPieceTokenizer tokenizer, int maxLength, IReadOnlyDictionary<string, string> properties)
    {
        var model = new ModelProto
        {
            IrVersion = IrVersion, ProducerName = OnnxFile.Producer, ProducerVersion = typeof(OnnxModel).Assembly.GetName().Version!.ToString(3), Graph = graph.Proto,
            OpsetImport = { new OperatorSetIdProto { Version = Opset } },
        };
        var all = new SortedDictionary<string, string>(properties.ToDictionary(), StringComparer.Ordinal)
        {
            [OnnxFile.MostTokens] = Text(maxLength), [OnnxFile.IsLowerCase] = tokenizer.LowerCase ? "true" : "false", [OnnxFile.VocabularyHash] = tokenizer.Vocabulary.Sha256,
        };
        model.MetadataProps.Add(all.Select(property => new StringStringEntryProto { Key = property.Key, Value = property.Value }));
        return model;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
