using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>A small encoder of odd sizes with a masked-language head, and a batch for it: 3 sequences of 7 tokens, hidden size 12, 5 blocks.</summary>
internal sealed class TestNetwork : IDisposable
{
    public static readonly BertConfig Config = new()
    {
        VocabularySize = 37, HiddenSize = 12, Layers = 5, AttentionHeads = 3, IntermediateSize = 19, MaxPositions = 11,
    };

    public TestNetwork(NormPlacement placement = NormPlacement.Pre, ulong seed = 1)
    {
        var config = Config with { NormPlacement = placement, InitializerRange = 0.3 };
        Weights = new ParameterStore(torch.CPU, seed);
        Encoder = new SwitchableEncoder(Weights, config);
        Head = new MaskedLanguageHead(Weights, config, Encoder);
    }

    public ParameterStore Weights { get; }
    public SwitchableEncoder Encoder { get; }
    public MaskedLanguageHead Head { get; }

    public static TokenBatch Batch() => new([.. Enumerable.Range(0, 21).Select(i => i * 5 % 37)], [.. Enumerable.Range(0, 21).Select(i => i % 7 / 4)], [7, 5, 1], 3, 7, torch.CPU);

    public torch.Tensor Loss(LayerPlan plan, torch.ScalarType type = torch.ScalarType.Float32)
    {
        var positions = torch.tensor([1L, 4, 8, 14]);
        var logits = Head.Logits(Encoder.Apply(Batch(), plan, type), positions);
        return torch.nn.functional.cross_entropy(logits, torch.tensor([3L, 36, 0, 12]));
    }

    public torch.Tensor Hidden(LayerPlan plan, torch.ScalarType type = torch.ScalarType.Float32) => Encoder.Normalize(Encoder.Apply(Batch(), plan, type));

    /// <summary>The gradients after one backward pass, by name; null where there is none.</summary>
    public Dictionary<string, float[]?> Gradients(LayerPlan plan)
    {
        using var scope = torch.NewDisposeScope();
        foreach (var (_, value) in Weights.All) value.grad = null;
        Loss(plan).backward();
        return Weights.All.ToDictionary(p => p.Name, p => p.Value.grad?.data<float>().ToArray());
    }

    public void Dispose() => Weights.Dispose();
}
