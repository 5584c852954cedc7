using Google.Protobuf;
using Microsoft.ML.PLD.Onnx;
using TorchSharp;
using static Microsoft.ML.PLD.Onnx.AttributeProto.Types;
using static Microsoft.ML.PLD.Onnx.TensorProto.Types;

namespace Microsoft.ML.PLD;

/// <summary>Builds a graph of ONNX operators: each call adds a node, and gives the name of what it makes.</summary>
/// <param name="precision">Of weights and activations.</param>
internal sealed class OnnxGraph(OnnxPrecision precision)
{
    // 7 bits: products of 8 bits overflow the sums of two that AVX2 without VNNI makes of them, silently.
    private const int QuantizedRange = 64;

    private readonly HashSet<string> _names = [];
    private readonly Dictionary<string, string> _constants = [];
    private readonly List<(TensorProto Proto, torch.Tensor Values)> _weights = [];

    public GraphProto Proto { get; } = new() { Name = "pld-bert" };

    /// <summary>The tensors of weights, whose bytes are still to be put where they belong.</summary>
    public IReadOnlyList<(TensorProto Proto, torch.Tensor Values)> Weights => _weights;

    private DataType Float => precision == OnnxPrecision.Float16 ? DataType.Float16 : DataType.Float;

    private torch.ScalarType FloatType => precision == OnnxPrecision.Float16 ? torch.float16 : torch.float32;

    /// <summary>An input of integers.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="document">What it is.</param>
    /// <param name="dimensions">The names of its sizes.</param>
    public string Input(string name, string document, params ReadOnlySpan<string> dimensions)
    {
        Proto.Input.Add(Value(name, DataType.Int64, document, dimensions));
        _names.Add(name);
        return name;
    }

    /// <summary>Makes a result an output.</summary>
    /// <param name="x">The result, float32.</param>
    /// <param name="name">The output's name.</param>
    /// <param name="document">What it is.</param>
    /// <param name="dimensions">Its sizes: numbers, or names of those that vary.</param>
    public void Output(string x, string name, string document, params ReadOnlySpan<string> dimensions)
    {
        if (!_names.Add(name)) throw new ArgumentException($"There is a '{name}' already.", nameof(name));
        Proto.Node.Add(new NodeProto { OpType = "Identity", Name = $"to_{name}", Input = { x }, Output = { name } });
        Proto.Output.Add(Value(name, DataType.Float, document, dimensions));
    }

    /// <summary>Adds a node of one output.</summary>
    /// <param name="op">The operator.</param>
    /// <param name="name">The node's name, made unique.</param>
    /// <param name="inputs">What it reads.</param>
    /// <param name="attributes">Its attributes: float, long or long[].</param>
    /// <returns>The name of its output.</returns>
    public string Node(string op, string name, string[] inputs, params (string Name, object Value)[] attributes) => Nodes(op, name, inputs, 1, attributes)[0];

    /// <summary>Adds a node.</summary>
    /// <inheritdoc cref="Node"/>
    /// <returns>The names of its outputs.</returns>
    public string[] Nodes(string op, string name, string[] inputs, int outputs, params (string Name, object Value)[] attributes)
    {
        name = Unique(name);
        string[] made = [.. Enumerable.Range(0, outputs).Select(i => outputs == 1 ? $"{name}_output" : $"{name}_output_{i}")];
        var node = new NodeProto { OpType = op, Name = name, Input = { inputs }, Output = { made } };
        node.Attribute.Add(attributes.Select(attribute => Attribute(attribute.Name, attribute.Value)));
        Proto.Node.Add(node);
        return made;
    }

    /// <summary>Integers.</summary>
    public string Integers(string name, params long[] values)
    {
        var bytes = new byte[values.Length * sizeof(long)];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        return Constant(name, DataType.Int64, [values.Length], bytes);
    }

    /// <summary>A single integer, without dimensions.</summary>
    public string Integer(string name, long value) => Constant(name, DataType.Int64, [], BitConverter.GetBytes(value));

    /// <summary>A single number in float32, without dimensions.</summary>
    public string Single(string name, float value) => Constant(name, DataType.Float, [], BitConverter.GetBytes(value));

    /// <summary>A single number of the activations' type, without dimensions.</summary>
    public string Number(string name, double value) => Constant(
        name, Float, [], precision == OnnxPrecision.Float16 ? BitConverter.GetBytes((Half)value) : BitConverter.GetBytes((float)value));

    /// <summary>Weights as they are.</summary>
    public string Weight(string name, torch.Tensor values) => Weight(name, Float, values.detach().to(FloatType));

    /// <summary>x W^T + b.</summary>
    /// <param name="x">[..., inputs]</param>
    /// <param name="name">The node's name.</param>
    /// <param name="weight">W, [outputs, inputs]</param>
    /// <param name="bias">b, [outputs]</param>
    public string Dense(string x, string name, torch.Tensor weight, torch.Tensor bias)
    {
        if (precision != OnnxPrecision.Int8)
            return Node("Add", $"{name}/Add", [Node("MatMul", $"{name}/MatMul", [x, Weight($"{name}.weight", weight.detach().t())]), Weight($"{name}.bias", bias)]);
        var (quantized, scales) = Quantize(weight, QuantizedRange);
        var input = Nodes("DynamicQuantizeLinear", $"{name}/Quantize", [x], 3);
        var product = Node("MatMulInteger", $"{name}/MatMul", [input[0], Weight($"{name}.weight_quantized", DataType.Int8, quantized.t()), input[2]]);
        var scale = Node("Mul", $"{name}/Scale", [input[1], Weight($"{name}.weight_scale", scales.view(-1))]);
        var real = Node("Mul", $"{name}/Dequantize", [Node("Cast", $"{name}/Cast", [product], ("to", (long)DataType.Float)), scale]);
        return Node("Add", $"{name}/Add", [real, Weight($"{name}.bias", bias)]);
    }

    /// <summary>Rows of a table.</summary>
    /// <param name="ids">Which.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="table">[rows, H]</param>
    public string Lookup(string ids, string name, torch.Tensor table)
    {
        if (precision != OnnxPrecision.Int8) return Node("Gather", $"{name}/Gather", [Weight($"{name}.weight", table), ids]);
        // A scale for each row: words differ much in their length.
        var (quantized, scales) = Quantize(table, sbyte.MaxValue);
        var rows = Node("Gather", $"{name}/Gather", [Weight($"{name}.weight_quantized", DataType.Int8, quantized), ids]);
        return Node("Mul", $"{name}/Dequantize", [
            Node("Cast", $"{name}/Cast", [rows], ("to", (long)DataType.Float)), Node("Gather", $"{name}/GatherScale", [Weight($"{name}.weight_scale", scales), ids])]);
    }

    /// <summary>Layer normalization over the last dimension.</summary>
    public string LayerNorm(string x, string name, torch.Tensor weight, torch.Tensor bias, double epsilon) => Node(
        "LayerNormalization", name, [x, Weight($"{name}.weight", weight), Weight($"{name}.bias", bias)], ("axis", -1L), ("epsilon", (float)epsilon));

    /// <summary>Numbers in the activations' type.</summary>
    public string ToFloat(string x, string name) => Node("Cast", name, [x], ("to", (long)Float));

    /// <summary>Activations, or integers, as float32.</summary>
    public string ToSingle(string x, bool isInteger = false) => isInteger || precision == OnnxPrecision.Float16 ? Node("Cast", "to_float32", [x], ("to", (long)DataType.Float)) : x;

    /// <summary>Float32 as activations.</summary>
    public string FromSingle(string x) => precision == OnnxPrecision.Float16 ? Node("Cast", "to_float16", [x], ("to", (long)DataType.Float16)) : x;

    // The largest weight of a row decides its scale. A row of zeros has one that changes nothing.
    private static (torch.Tensor Quantized, torch.Tensor Scales) Quantize(torch.Tensor weight, int range)
    {
        var values = weight.detach().to(torch.float32);
        var scales = values.abs().amax([1], keepdim: true).DividedBy(range);
        scales = torch.where(scales.eq(torch.zeros_like(scales)), torch.ones_like(scales), scales);
        return (values.div(scales).round().to(torch.int8), scales);
    }

    private string Weight(string name, DataType type, torch.Tensor values)
    {
        name = Unique(name);
        var proto = new TensorProto { Name = name, DataType = (int)type, Dims = { values.shape } };
        Proto.Initializer.Add(proto);
        _weights.Add((proto, values.cpu().contiguous()));
        return name;
    }

    // The same constant is needed in every block.
    private string Constant(string name, DataType type, long[] dimensions, byte[] bytes)
    {
        var content = $"{type} {dimensions.Length} {Convert.ToHexString(bytes)}";
        if (_constants.TryGetValue(content, out var known)) return known;
        _constants[content] = name = Unique(name);
        Proto.Initializer.Add(new TensorProto { Name = name, DataType = (int)type, Dims = { dimensions }, RawData = UnsafeByteOperations.UnsafeWrap(bytes) });
        return name;
    }

    private string Unique(string name)
    {
        var unique = name;
        for (var number = 1; !_names.Add(unique); number++) unique = $"{name}_{number}";
        return unique;
    }

    private static AttributeProto Attribute(string name, object value)
    {
        var attribute = new AttributeProto { Name = name };
        switch (value)
        {
            case float number:
                (attribute.F, attribute.Type) = (number, AttributeType.Float);
                break;
            case long integer:
                (attribute.I, attribute.Type) = (integer, AttributeType.Int);
                break;
            case long[] integers:
                attribute.Ints.Add(integers);
                attribute.Type = AttributeType.Ints;
                break;
            default:
                throw new ArgumentException($"An attribute of type {value.GetType().Name}.", nameof(value));
        }
        return attribute;
    }

    private static ValueInfoProto Value(string name, DataType type, string document, ReadOnlySpan<string> dimensions)
    {
        var shape = new TensorShapeProto();
        foreach (var dimension in dimensions)
            shape.Dim.Add(long.TryParse(dimension, out var size) ? new TensorShapeProto.Types.Dimension { DimValue = size } : new TensorShapeProto.Types.Dimension { DimParam = dimension });
        return new ValueInfoProto { Name = name, DocString = document, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }
}
