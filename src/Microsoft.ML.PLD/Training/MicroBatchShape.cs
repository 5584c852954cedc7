namespace Microsoft.ML.PLD;

/// <summary>The sizes of a micro-batch that its memory depends on.</summary>
/// <param name="Rows">B, sequences.</param>
/// <param name="Length">S, tokens of each.</param>
/// <param name="OutputsPerRow">K, wanted positions of each.</param>
/// <param name="Predictions">Tokens to be predicted of the vocabulary; 0: none.</param>
/// <param name="HasDropout">Whether any is used.</param>
internal readonly record struct MicroBatchShape(int Rows, int Length, int OutputsPerRow, int Predictions, bool HasDropout)
{
    /// <summary>The bytes that it holds when the way back begins, all blocks running.</summary>
    /// <param name="config">The encoder.</param>
    /// <param name="element">Bytes of an activation.</param>
    /// <param name="recompute">Whether blocks but the last keep their input only.</param>
    /// <param name="onProcessor">Where attention keeps its probabilities.</param>
    public double Activations(BertConfig config, double element, bool recompute, bool onProcessor)
    {
        double tokens = (double)Rows * Length, outputs = (double)Rows * OutputsPerRow, hidden = config.HiddenSize, vocabulary = config.VocabularySize;
        var inner = (config.Activation == Activation.Relu ? 1.0 : 2) * config.IntermediateSize; // GELU keeps its slopes beside its values
        var input = tokens * hidden * element;

        // A block keeps its input, the normalized input, queries, keys, values, the heads' results, the sum, the normalized sum, and the feed-forward's inside.
        // The last one has input, normalized input, keys and values of all tokens, and the rest of the wanted positions.
        var block = tokens * (8 * hidden + inner) * element + Attention(config, Length, element, onProcessor) + Bits(tokens * hidden);
        var last = (tokens * 4 * hidden + outputs * (5 * hidden + inner)) * element + Attention(config, OutputsPerRow, element, onProcessor) + Bits(outputs * hidden);
        var others = config.Layers - 1;
        var blocks = recompute ? others * input + Math.Min(others, 1) * block : others * block;

        // The head makes the gradients of its input and of the decoder along with the loss, from the logits.
        var head = Predictions == 0 ? 0 : (Predictions * vocabulary + vocabulary * hidden) * element;
        var wayBack = tokens * (2.0 * config.IntermediateSize + 2 * hidden) * element; // through the first feed-forward
        return input + blocks + last + head + wayBack;
    }

    // Probabilities, and a bit of dropout for each.
    private double Attention(BertConfig config, int queries, double element, bool onProcessor) =>
        onProcessor ? (double)Rows * config.AttentionHeads * queries * Length * (element + (HasDropout ? 1.0 / 8 : 0)) : 0;

    private double Bits(double numbers) => HasDropout ? 2 * numbers / 8 : 0;
}
