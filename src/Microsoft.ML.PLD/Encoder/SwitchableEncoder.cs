using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>BERT's encoder, of which each step runs the blocks that a <see cref="LayerPlan"/> names.</summary>
/// <remarks>Holds weights and no other state: any number of threads may call it under <c>torch.no_grad()</c>.</remarks>
internal sealed class SwitchableEncoder
{
    private readonly SwitchableBlock[] _blocks;
    private readonly LayerNormalization? _finalNorm;

    public SwitchableEncoder(ParameterStore weights, BertConfig config)
    {
        Embeddings = new BertEmbeddings(weights, config);
        _blocks = [.. Enumerable.Range(0, config.Layers).Select(block => new SwitchableBlock(weights, BlockName(block), config))];
        if (config.NormPlacement == NormPlacement.Pre)
            _finalNorm = new LayerNormalization(weights, "bert.encoder.ln", config.HiddenSize, config.LayerNormEpsilon);
    }

    public BertEmbeddings Embeddings { get; }

    /// <summary>What the names of all blocks' weights begin with.</summary>
    public const string BlocksName = "bert.encoder.layer.";

    /// <summary>The prefix of the names of a block's weights.</summary>
    public static string BlockName(int block) => $"{BlocksName}{block}";

    /// <summary>Runs the embeddings and the plan's blocks.</summary>
    /// <returns>
    /// [B * K, H], K being <see cref="TokenBatch.OutputsPerRow"/>, before <see cref="Normalize"/>: a head that reads few positions normalizes only these.
    /// </returns>
    /// <param name="batch">The tokens.</param>
    /// <param name="plan">The blocks to run.</param>
    /// <param name="type">Of the activations.</param>
    /// <param name="dropout">Null: none.</param>
    /// <param name="recomputation">Takes the blocks whose inside is not kept for the way back; null: all is kept.</param>
    public torch.Tensor Apply(TokenBatch batch, LayerPlan plan, torch.ScalarType type, Dropout? dropout = null, Recomputation? recomputation = null)
    {
        if (plan.Blocks != _blocks.Length)
            throw new ArgumentException($"The plan is for {plan.Blocks} blocks, the encoder has {_blocks.Length}.", nameof(plan));
        var x = Frozen(!plan.TrainsEmbeddings, () => Embeddings.Apply(batch, type, dropout));
        for (var i = 0; i < plan.Runs.Count; i++)
        {
            var (block, scale, isTrained) = plan.Runs[i];
            var (isLast, input) = (i == plan.Runs.Count - 1, x);
            torch.Tensor Run(torch.Tensor x) => _blocks[block].Apply(x, batch, scale, plan.Scaling, dropout?.Part(1 + block), isLast ? batch.OutputPositions : null);
            // The way back begins with the last block: what it has inside would be there again at once.
            x = recomputation is null || isLast || !isTrained ? Frozen(!isTrained, () => Run(input)) : recomputation.Apply(Run, x);
        }
        return plan.Runs.Count == 0 && batch.OutputPositions is { } outputs ? x.index_select(0, outputs) : x;
    }

    // What is not trained leaves nothing behind for the way back.
    private static torch.Tensor Frozen(bool isFrozen, Func<torch.Tensor> compute)
    {
        if (!isFrozen) return compute();
        using var noGrad = torch.no_grad();
        return compute();
    }

    /// <summary>The layer normalization after the last block of a pre-LN encoder; a post-LN encoder has none.</summary>
    /// <param name="x">[any number of rows, H]</param>
    public torch.Tensor Normalize(torch.Tensor x) => _finalNorm?.Apply(x) ?? x;
}
