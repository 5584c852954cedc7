using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>BERT's encoder as ONNX operators, from the weights of a network.</summary>
internal sealed class OnnxEncoder
{
    private readonly OnnxGraph _graph;
    private readonly BertConfig _config;
    private readonly IReadOnlyDictionary<string, torch.Tensor> _weights;
    private readonly string _ids, _mask, _types;

    /// <param name="graph">Gets the inputs input_ids, attention_mask and token_type_ids.</param>
    /// <param name="config">The architecture.</param>
    /// <param name="weights">By their names in this library.</param>
    public OnnxEncoder(OnnxGraph graph, BertConfig config, IReadOnlyDictionary<string, torch.Tensor> weights)
    {
        (_graph, _config, _weights) = (graph, config, weights);
        _ids = graph.Input("input_ids", "The tokens: [CLS] text [SEP], or [CLS] text [SEP] second text [SEP], filled up with [PAD].", "batch", "sequence");
        _mask = graph.Input("attention_mask", "1 for tokens, 0 for [PAD].", "batch", "sequence");
        _types = graph.Input("token_type_ids", "0, and for a second text and its [SEP] 1.", "batch", "sequence");
    }

    /// <summary>Runs all blocks.</summary>
    /// <param name="firstOnly">Whether only the first token's vector is wanted: the last block computes no other.</param>
    /// <returns>[batch, sequence, H], or [batch, 1, H], normalized</returns>
    public string Apply(bool firstOnly)
    {
        var x = Embed();
        // Ten thousand below all others: no share of the softmax is left, in float16 neither.
        var padding = _graph.Node("Sub", "mask/Invert", [_graph.Number("one", 1), _graph.ToFloat(Unsqueezed(_mask, 1, 2), "mask/Cast")]);
        var bias = _graph.Node("Mul", "mask/Bias", [padding, _graph.Number("masked", -10_000)]);
        for (var block = 0; block < _config.Layers; block++) x = Block(x, bias, SwitchableEncoder.BlockName(block), firstOnly && block == _config.Layers - 1);
        return _config.NormPlacement == NormPlacement.Pre ? Norm(x, "bert.encoder.ln") : x;
    }

    /// <summary>One vector of all tokens' vectors.</summary>
    /// <param name="x">Of <see cref="Apply"/>.</param>
    /// <param name="pooling">How.</param>
    /// <returns>[batch, H], float32: sums over many tokens leave float16's range</returns>
    public string Pool(string x, Pooling pooling)
    {
        if (pooling == Pooling.Cls) return _graph.ToSingle(_graph.Node("Gather", "pool/First", [x, _graph.Integer("first", 0)], ("axis", 1L)));
        x = _graph.ToSingle(x);
        var mask = _graph.ToSingle(Unsqueezed(_mask, 2), isInteger: true);
        if (pooling == Pooling.Max)
        {
            var low = _graph.Node("Mul", "pool/Low", [_graph.Node("Sub", "pool/Padding", [_graph.Single("one", 1), mask]), _graph.Single("low", -1e9f)]);
            return _graph.Node("ReduceMax", "pool/Max", [_graph.Node("Add", "pool/Lowered", [x, low])], ("axes", new[] { 1L }), ("keepdims", 0L));
        }
        var axes = _graph.Integers("pool/axes", 1);
        var sum = _graph.Node("ReduceSum", "pool/Sum", [_graph.Node("Mul", "pool/Kept", [x, mask]), axes], ("keepdims", 0L));
        // A row of padding only, as servers fill batches up with, must be a number: quantization looks at all rows.
        var count = _graph.Node("Max", "pool/AtLeastOne", [_graph.Node("ReduceSum", "pool/Count", [mask, axes], ("keepdims", 0L)), _graph.Single("one", 1)]);
        return _graph.Node("Div", "pool/Mean", [sum, count]);
    }

    /// <summary>A linear layer of the network.</summary>
    public string Dense(string x, string name) => _graph.Dense(x, name, _weights[$"{name}.weight"], _weights[$"{name}.bias"]);

    private string Embed()
    {
        const string part = "bert.embeddings";
        var words = _graph.Lookup(_ids, $"{part}.word_embeddings", _weights[$"{part}.word_embeddings.weight"]);
        var types = _graph.Node("Gather", $"{part}.token_type_embeddings/Gather", [_graph.Weight($"{part}.token_type_embeddings.weight", _weights[$"{part}.token_type_embeddings.weight"]), _types]);
        var length = _graph.Node("Gather", $"{part}/Length", [_graph.Node("Shape", $"{part}/Shape", [_ids]), _graph.Integers("second", 1)]);
        var positions = _graph.Node("Slice", $"{part}.position_embeddings/Slice",
            [_graph.Weight($"{part}.position_embeddings.weight", _weights[$"{part}.position_embeddings.weight"]), _graph.Integers("begin", 0), length, _graph.Integers("rows", 0)]);
        var x = _graph.Node("Add", $"{part}/AddPositions", [_graph.Node("Add", $"{part}/AddTypes", [words, types]), positions]);
        return _config.HasEmbeddingNorm ? Norm(x, $"{part}.LayerNorm") : x;
    }

    private string Block(string x, string bias, string name, bool firstOnly)
    {
        var stream = firstOnly ? _graph.Node("Slice", $"{name}/First", [x, _graph.Integers("begin", 0), _graph.Integers("end", 1), _graph.Integers("places", 1)]) : x;
        if (_config.NormPlacement == NormPlacement.Pre)
        {
            var attended = _graph.Node("Add", $"{name}/AddAttention", [stream, Attend(Norm(x, $"{name}.attention.ln"), bias, $"{name}.attention", firstOnly)]);
            return _graph.Node("Add", $"{name}/AddFeedForward", [attended, FeedForward(Norm(attended, $"{name}.ln"), name)]);
        }
        var first = Norm(_graph.Node("Add", $"{name}/AddAttention", [stream, Attend(x, bias, $"{name}.attention", firstOnly)]), $"{name}.attention.output.LayerNorm");
        return Norm(_graph.Node("Add", $"{name}/AddFeedForward", [first, FeedForward(first, name)]), $"{name}.output.LayerNorm");
    }

    private string Attend(string x, string bias, string name, bool firstOnly)
    {
        // Queries, keys and values are one product, and their scale is the query's.
        var scale = 1 / Math.Sqrt(_config.HeadSize);
        torch.Tensor Part(string part, string kind) => _weights[$"{name}.self.{part}.{kind}"].detach();
        torch.Tensor Scaled(string kind) => Part("query", kind).Times(scale);
        torch.Tensor Joined(string kind, params torch.Tensor[] before) => torch.cat([.. before, Part("key", kind), Part("value", kind)]);
        string[] parts;
        if (firstOnly)
        {
            var first = _graph.Node("Slice", $"{name}/First", [x, _graph.Integers("begin", 0), _graph.Integers("end", 1), _graph.Integers("places", 1)]);
            var query = _graph.Dense(first, $"{name}.self.query", Scaled("weight"), Scaled("bias"));
            parts = [query, .. _graph.Nodes("Split", $"{name}/Split", [_graph.Dense(x, $"{name}.self.key_value", Joined("weight"), Joined("bias"))], 2, ("axis", -1L))];
        }
        else
            parts = _graph.Nodes("Split", $"{name}/Split", [_graph.Dense(x, $"{name}.self.query_key_value", Joined("weight", Scaled("weight")), Joined("bias", Scaled("bias")))], 3, ("axis", -1L));
        string Heads(string part, string of, params long[] order) => _graph.Node(
            "Transpose", $"{name}/{of}/Transpose", [_graph.Node("Reshape", $"{name}/{of}/Reshape", [part, _graph.Integers("heads", 0, 0, _config.AttentionHeads, _config.HeadSize)])], ("perm", order));
        var scores = _graph.Node("MatMul", $"{name}/Scores", [Heads(parts[0], "query", 0, 2, 1, 3), Heads(parts[1], "key", 0, 2, 3, 1)]);
        var shares = _graph.Node("Softmax", $"{name}/Softmax", [_graph.Node("Add", $"{name}/Mask", [scores, bias])], ("axis", -1L));
        var context = _graph.Node("Transpose", $"{name}/Merge", [_graph.Node("MatMul", $"{name}/Context", [shares, Heads(parts[2], "value", 0, 2, 1, 3)])], ("perm", new long[] { 0, 2, 1, 3 }));
        return Dense(_graph.Node("Reshape", $"{name}/Reshape", [context, _graph.Integers("hidden", 0, 0, _config.HiddenSize)]), $"{name}.output.dense");
    }

    private string FeedForward(string x, string name) => Dense(Activate(Dense(x, $"{name}.intermediate.dense"), $"{name}/Activation"), $"{name}.output.dense");

    private string Activate(string x, string name)
    {
        if (_config.Activation == Activation.Relu) return _graph.Node("Relu", name, [x]);
        var half = _graph.Number("half", 0.5);
        var one = _graph.Number("one", 1);
        string inner;
        if (_config.Activation == Activation.GeluTanh)
        {
            var cube = _graph.Node("Mul", $"{name}/Cube", [_graph.Node("Mul", $"{name}/Square", [x, x]), x]);
            var sum = _graph.Node("Add", $"{name}/Sum", [x, _graph.Node("Mul", $"{name}/Cubic", [cube, _graph.Number("cubic", 0.044715)])]);
            inner = _graph.Node("Tanh", $"{name}/Tanh", [_graph.Node("Mul", $"{name}/Inner", [sum, _graph.Number("root", Math.Sqrt(2 / Math.PI))])]);
        }
        else
            inner = _graph.Node("Erf", $"{name}/Erf", [_graph.Node("Div", $"{name}/Divide", [x, _graph.Number("root_two", Math.Sqrt(2))])]);
        return _graph.Node("Mul", $"{name}/Half", [_graph.Node("Mul", $"{name}/Gate", [x, _graph.Node("Add", $"{name}/AddOne", [inner, one])]), half]);
    }

    private string Norm(string x, string name) => _graph.LayerNorm(x, name, _weights[$"{name}.weight"], _weights[$"{name}.bias"], _config.LayerNormEpsilon);

    private string Unsqueezed(string x, params long[] axes) => _graph.Node("Unsqueeze", "mask/Unsqueeze", [x, _graph.Integers("axes", axes)]);
}
