namespace Microsoft.ML.PLD;

/// <summary>How <see cref="CorpusBuilder"/> writes a corpus. Only <see cref="TokensPerShard"/> changes what is written, and it changes nothing for readers.</summary>
public sealed record CorpusOptions
{
    /// <summary>The number of tokens, 1 to 1,073,741,824, after which the next sentence goes to a new file. Default: 67,108,864 (128 MiB for most vocabularies).</summary>
    public int TokensPerShard { get; init; } = 1 << 26;

    /// <summary>The number of threads that tokenize, from 1. Default: the number of processors. The result does not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Whether to replace a corpus that the folder already holds, once the new one is complete. Default: false, which refuses.</summary>
    public bool Overwrite { get; init; }

    internal IEnumerable<string> Problems()
    {
        if (TokensPerShard is < 1 or > 1 << 30) yield return $"TokensPerShard is {TokensPerShard}; expected 1 to {1 << 30}.";
        if (Threads < 1) yield return $"Threads is {Threads}; expected 1 or more.";
    }
}
