namespace Microsoft.ML.PLD;

/// <summary>How good predictions are: the metrics of GLUE, equal to those of scikit-learn and SciPy.</summary>
/// <remarks>
/// Pure functions of their arguments, safe on any thread, in O(n log n) time and O(n) memory; computed in double precision.
/// Wang et al., "GLUE: A Multi-Task Benchmark and Analysis Platform for Natural Language Understanding", 2018.
/// </remarks>
public static partial class EvaluationMetrics
{
    private static void Check(int count, string name, int others, string otherName)
    {
        if (count != others)
            throw new ArgumentException($"{name} has {count} values and {otherName} {others}; expected as many.", otherName);
        if (count == 0) throw new ArgumentException($"{name} and {otherName} are empty; expected at least one value of each.", name);
    }
}
