using System.Numerics.Tensors;

namespace Microsoft.ML.PLD;

/// <summary>Logits to the probability of each class.</summary>
internal sealed class ClassProbabilities(int classes) : IScoreFunction
{
    public int Width => classes;

    public void Apply(ReadOnlySpan<float> outputs, Span<float> scores) => TensorPrimitives.SoftMax(outputs, scores);
}

/// <summary>Two logits to the logarithm of the odds of the second.</summary>
internal sealed class LogOdds : IScoreFunction
{
    public int Width => 1;

    public void Apply(ReadOnlySpan<float> outputs, Span<float> scores) => scores[0] = outputs[1] - outputs[0];
}

/// <summary>A value as it is.</summary>
internal sealed class Value : IScoreFunction
{
    public int Width => 1;

    public void Apply(ReadOnlySpan<float> outputs, Span<float> scores) => outputs.CopyTo(scores);
}
