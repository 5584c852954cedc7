using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>The pre-training objectives on a micro-batch.</summary>
internal sealed class PretrainingLosses(BertModel model, torch.ScalarType type)
{
    /// <summary>The parts of a step's loss, one for each micro-batch, to be computed on any thread.</summary>
    /// <param name="step">From 0.</param>
    /// <param name="batch">This rank's share of the step's batch, in micro-batches.</param>
    /// <param name="firstRow">The number of its first sequence in the step.</param>
    /// <param name="masked">Masked tokens of the whole step.</param>
    /// <param name="planOf">The blocks that a micro-batch runs.</param>
    /// <param name="options">The training's options.</param>
    public MicroBatchLoss[] Training(long step, PretrainingBatch[] batch, long firstRow, long masked, Func<int, LayerPlan> planOf, PretrainingOptions options)
    {
        var firsts = new long[batch.Length];
        for (var part = 0; part < batch.Length; part++) firsts[part] = part == 0 ? firstRow : firsts[part - 1] + batch[part - 1].Rows;
        return [.. batch.Select((part, index) => (MicroBatchLoss)(pieces =>
        {
            var dropout = Dropout.For(options.HiddenDropout, options.AttentionDropout, options.RunSeed, step, firsts[index], part.Rows, model.Device);
            return Training(part, planOf(index), masked, options.BatchSize, firsts[index], dropout, pieces);
        }))];
    }

    /// <summary>The part of a step's loss that one micro-batch adds: masked language modelling, and next-sentence prediction where the batch has it.</summary>
    /// <param name="batch">The micro-batch.</param>
    /// <param name="plan">The blocks to run.</param>
    /// <param name="masked">Masked tokens of the whole step: a mean of micro-batches' means would weigh tokens unequally.</param>
    /// <param name="rows">Sequences of the whole step.</param>
    /// <param name="firstRow">The number of the micro-batch's first sequence in the step.</param>
    /// <param name="dropout">Null: none.</param>
    /// <param name="pieces">Null: none.</param>
    private torch.Tensor Training(PretrainingBatch batch, LayerPlan plan, long masked, long rows, long firstRow, Dropout? dropout, GraphPieces? pieces)
    {
        var (hidden, tokens, positions) = Encode(batch, plan, firstRow, dropout, pieces);
        var loss = model.MaskedLanguage.Loss(hidden, positions, batch.MaskedLabels, 1.0 / Math.Max(1, masked)); // text of unknown words only has none
        return Relation(batch, hidden, tokens) is var (relation, labels) ? loss.Plus(CrossEntropy(relation, labels).DividedBy(rows)) : loss;
    }

    /// <summary>The loss on a set of batches, of the same parts as in training, and the share of masked tokens that the model gets right.</summary>
    /// <param name="batches">Held-out text; of several ranks the share of this one.</param>
    /// <param name="ranks">The processes that measure together.</param>
    /// <param name="plan">The blocks to run; null: all.</param>
    public HeldOutResult Validation(IEnumerable<PretrainingBatch> batches, ICollective ranks, LayerPlan? plan = null)
    {
        using var noGrad = torch.no_grad();
        double loss = 0, relationLoss = 0, right = 0, count = 0, rows = 0, rightPairs = 0;
        foreach (var batch in batches)
        {
            using var scope = torch.NewDisposeScope();
            var (hidden, tokens, positions) = Encode(batch, plan ?? LayerPlan.Dense(model.Config.Layers), firstRow: 0, dropout: null, pieces: null);
            var logits = model.MaskedLanguage.Logits(hidden, positions);
            var labels = torch.tensor(batch.MaskedLabels, torch.int64, model.Device);
            loss += torch.nn.functional.cross_entropy(logits, labels, reduction: torch.nn.Reduction.Sum).item<float>();
            right += logits.argmax(1).eq(labels).sum().item<long>();
            count += batch.MaskedLabels.Length;
            if (Relation(batch, hidden, tokens) is var (relation, labels_B))
            {
                relationLoss += CrossEntropy(relation, labels_B).item<float>();
                rightPairs += relation.argmax(1).eq(labels_B).sum().item<long>();
            }
            rows += batch.Rows;
        }
        double[] sums = [loss, relationLoss, right, count, rows, rightPairs];
        ranks.Sum<double>(sums);
        (loss, relationLoss, right, count, rows, rightPairs) = (sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]);
        return new(loss / Math.Max(1, count) + relationLoss / rows, right / Math.Max(1, count), NextSentenceAccuracy: model.NextSentence is null ? null : rightPairs / rows);
    }

    /// <summary>What each block does to its input.</summary>
    /// <param name="batch">A step's batch in micro-batches.</param>
    public BlockChange[] Measure(PretrainingBatch[] batch) => model.Encoder.Measure(
        batch.Select(part => (Func<TokenBatch>)(() => new TokenBatch(part.InputIds, part.TypeIds, lengths: null, part.Rows, part.SequenceLength, model.Device))), type);

    // [B, 2] and [B]; null where pairs are not predicted.
    private (torch.Tensor Logits, torch.Tensor Labels)? Relation(PretrainingBatch batch, torch.Tensor hidden, TokenBatch tokens) =>
        batch.NextSentenceLabels is null || model.NextSentence is null
            ? null
            : (model.NextSentence.Logits(hidden, tokens), torch.tensor(batch.NextSentenceLabels, torch.int64, model.Device));

    private static torch.Tensor CrossEntropy(torch.Tensor logits, torch.Tensor labels) =>
        torch.nn.functional.cross_entropy(logits, labels, reduction: torch.nn.Reduction.Sum);

    private (torch.Tensor Hidden, TokenBatch Tokens, torch.Tensor MaskedPositions) Encode(PretrainingBatch batch, LayerPlan plan, long firstRow, Dropout? dropout, GraphPieces? pieces)
    {
        var tokens = new TokenBatch(batch.InputIds, batch.TypeIds, lengths: null, batch.Rows, batch.SequenceLength, model.Device, Wanted(batch)) { FirstRow = firstRow };
        return (model.Encoder.Apply(tokens, plan, type, dropout, pieces), tokens, tokens.OutputRows(batch.MaskedPositions));
    }

    // Masked positions, and [CLS] where pairs are predicted.
    private int[] Wanted(PretrainingBatch batch) => batch.NextSentenceLabels is null || model.NextSentence is null
        ? batch.MaskedPositions
        : [.. TokenBatch.Firsts(batch.Rows, batch.SequenceLength).Concat(batch.MaskedPositions).Order()];
}
