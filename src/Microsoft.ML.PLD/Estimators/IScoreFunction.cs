namespace Microsoft.ML.PLD;

/// <summary>Makes the scores of a row of what the network gives for it.</summary>
internal interface IScoreFunction
{
    /// <summary>Scores of a row.</summary>
    int Width { get; }

    /// <param name="outputs">[outputs] of the network</param>
    /// <param name="scores">Receives [<see cref="Width"/>].</param>
    void Apply(ReadOnlySpan<float> outputs, Span<float> scores);
}
