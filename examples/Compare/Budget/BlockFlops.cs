using Microsoft.ML.PLD;

namespace Compare;

/// <summary>Floating-point operations of the encoder's blocks.</summary>
internal static class BlockFlops
{
    /// <summary>Of a dense step, forward and back: the matrix products, an addition and a multiplication each. Neither normalization nor softmax counts, as is usual.</summary>
    public static double OfDenseStep(BertConfig model, int batchSize, int length)
    {
        double width = model.HiddenSize, inner = model.IntermediateSize, tokens = (double)batchSize * length;
        var weights = 2 * tokens * (4 * width * width + 2 * width * inner); // queries, keys, values, output; feed-forward
        var attention = 2 * 2 * tokens * length * width; // scores, and what they weigh
        return 3 * model.Layers * (weights + attention); // the way back is twice the way forward
    }

    public static double OfDenseStep(Arm arm) => OfDenseStep(arm.Model, arm.Training.BatchSize, arm.Training.SequenceLength);
}
