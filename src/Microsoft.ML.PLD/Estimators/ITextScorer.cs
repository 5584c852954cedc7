namespace Microsoft.ML.PLD;

/// <summary>A trained network, as the cursors see it: texts in, a few floats a row out. Several threads may call it at once.</summary>
internal interface ITextScorer : IDisposable
{
    /// <summary>Floats a row: the number of classes, or the size of the embedding.</summary>
    int Width { get; }

    /// <summary>The most rows that <see cref="Score"/> is given at once.</summary>
    int MaxBatch { get; }

    /// <summary>Scores 1 to <see cref="MaxBatch"/> rows; a row's scores depend on the other rows by rounding only.</summary>
    /// <param name="texts">The rows.</param>
    /// <param name="scores">Receives [rows, <see cref="Width"/>], row by row.</param>
    void Score(TextBatch texts, Span<float> scores);
}
