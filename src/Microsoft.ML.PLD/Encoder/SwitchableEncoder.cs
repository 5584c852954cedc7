using System.Globalization;
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

    /// <summary>The block that a weight is of; null: none.</summary>
    public static int? BlockOf(string weight) => weight.StartsWith(BlocksName, StringComparison.Ordinal)
        ? int.Parse(weight.AsSpan(BlocksName.Length, weight.IndexOf('.', BlocksName.Length) - BlocksName.Length), NumberStyles.None, CultureInfo.InvariantCulture)
        : null;

    /// <summary>Runs the embeddings and the plan's blocks.</summary>
    /// <returns>
    /// [B * K, H], K being <see cref="TokenBatch.OutputsPerRow"/>, before <see cref="Normalize"/>: a head that reads few positions normalizes only these.
    /// </returns>
    /// <param name="batch">The tokens.</param>
    /// <param name="plan">The blocks to run.</param>
    /// <param name="type">Of the activations.</param>
    /// <param name="dropout">Null: none.</param>
    /// <param name="pieces">Cuts the graph behind each block; null: it stays in one piece.</param>
    public torch.Tensor Apply(TokenBatch batch, LayerPlan plan, torch.ScalarType type, Dropout? dropout = null, GraphPieces? pieces = null)
    {
        if (plan.Blocks != _blocks.Length)
            throw new ArgumentException($"The plan is for {plan.Blocks} blocks, the encoder has {_blocks.Length}.", nameof(plan));
        var x = Frozen(!plan.TrainsEmbeddings, () => Embeddings.Apply(batch, type, dropout));
        for (var i = 0; i < plan.Runs.Count; i++)
        {
            var (run, number, isLast, input) = (plan.Runs[i], i, i == plan.Runs.Count - 1, x);
            torch.Tensor Compute(torch.Tensor x) => Run(x, batch, plan, number, dropout);
            // The way back begins with the last block: what it has inside would be there again at once.
            x = !run.IsTrained ? Frozen(true, () => Compute(input))
                : run.IsForwardOnly ? PassedBy.Apply(input, isLast ? batch.OutputPositions : null, () => Compute(input))
                : pieces is null || isLast ? Compute(input)
                : pieces.Apply(run.Block, Compute, x);
        }
        return plan.Runs.Count == 0 && batch.OutputPositions is { } outputs ? x.index_select(0, outputs) : x;
    }

    // One run of a block. The last gives what is wanted of the encoder.
    private torch.Tensor Run(torch.Tensor x, TokenBatch batch, LayerPlan plan, int number, Dropout? dropout)
    {
        var (run, outputs) = (plan.Runs[number], number == plan.Runs.Count - 1 ? batch.OutputPositions : null);
        // A block that shares its weights with the one before drops other activations.
        var repeated = 0;
        while (repeated < number && plan.Runs[number - repeated - 1].Block == run.Block) repeated++;
        var dropouts = dropout?.Part(1 + run.Block + repeated * plan.Blocks);
        if (run.Subset is not { } subset) return _blocks[run.Block].Apply(x, batch, run.Scale, plan.Scaling, dropouts, outputs);

        using var scope = torch.NewDisposeScope();
        var y = batch.Draw(subset, number) is var (rows, part)
            ? x.index_copy(0, rows, _blocks[run.Block].Apply(x.index_select(0, rows), part, run.Scale, plan.Scaling, dropouts?.Of(part)))
            : x.alias();
        return (outputs is null ? y : y.index_select(0, outputs)).MoveToOuterDisposeScope();
    }

    /// <summary>What each block does to its input when all run, as the mean over the tokens of all batches.</summary>
    /// <param name="batches">Each is made when it is its turn; padding does not count.</param>
    /// <param name="type">Of the activations.</param>
    public BlockChange[] Measure(IEnumerable<Func<TokenBatch>> batches, torch.ScalarType type)
    {
        using var noGrad = torch.no_grad();
        var (distances, angles, tokens) = (new double[_blocks.Length], new double[_blocks.Length], 0L);
        foreach (var make in batches)
        {
            using var scope = torch.NewDisposeScope();
            var batch = make();
            long[] real = [.. Enumerable.Range(0, batch.Rows * batch.Length).Where(place => batch.Padding?[place] is not true)];
            var (rows, x) = (torch.tensor(real, device: batch.Ids.device), Embeddings.Apply(batch, type, dropout: null));
            for (var block = 0; block < _blocks.Length; block++)
            {
                using var inside = torch.NewDisposeScope();
                var y = _blocks[block].Apply(x, batch, 1, ResidualScaling.None, dropout: null);
                var (before, after) = (x.index_select(0, rows).to(torch.float32), y.index_select(0, rows).to(torch.float32));
                distances[block] += after.sub(before).norm(1).div(before.norm(1)).sum().item<float>(); // device sync, as the next: measuring is rare
                angles[block] += torch.nn.functional.cosine_similarity(before, after, dim: 1).cpu().data<float>().Sum(cosine => Math.Acos(Math.Clamp(cosine, -1, 1)));
                x.Dispose();
                x = y.MoveToOuterDisposeScope();
            }
            tokens += real.Length;
        }
        return [.. distances.Zip(angles, (distance, angle) => new BlockChange(distance / tokens, angle / tokens))];
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
