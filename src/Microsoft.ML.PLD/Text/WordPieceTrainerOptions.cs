namespace Microsoft.ML.PLD;

/// <summary>How <see cref="WordPieceTrainer"/> learns a vocabulary.</summary>
public sealed record WordPieceTrainerOptions
{
    /// <summary>Whether text is put in lower case and loses its accents first, as in <see cref="WordPieceTokenizer.LowerCase"/>. Default true.</summary>
    public bool LowerCase { get; init; } = true;

    /// <summary>Words that occur less often teach nothing but their characters. Default 1.</summary>
    public int MinimumWordCount { get; init; } = 1;

    /// <summary>Two pieces that meet less often are not joined. Default 2.</summary>
    public int MinimumPairCount { get; init; } = 2;

    /// <summary>
    /// The most characters to give pieces of their own, the most frequent first. Words with another character become [UNK].
    /// Default 500: all of a language that is written with letters, and the foreign ones it meets most. Chinese and Japanese want several thousand, and a vocabulary to match.
    /// (60 MB of English Wikipedia, 8,192 pieces: 500 leave 1 word in 7,600 unknown; 1,000 leave 1 in 9,300, and take 2 % more pieces a word.)
    /// </summary>
    public int AlphabetLimit { get; init; } = 500;

    /// <summary>The most different words to keep count of. When there are more, the rarest are forgotten. Default 4,000,000, about 500 MB.</summary>
    public int DistinctWordLimit { get; init; } = 4_000_000;

    internal void Validate()
    {
        List<string> errors = [];
        Require(MinimumWordCount, nameof(MinimumWordCount));
        Require(MinimumPairCount, nameof(MinimumPairCount));
        Require(AlphabetLimit, nameof(AlphabetLimit));
        Require(DistinctWordLimit, nameof(DistinctWordLimit));
        if (errors.Count > 0) throw new ArgumentException($"The options of {nameof(WordPieceTrainer)} cannot be used: {string.Join("; ", errors)}.");

        void Require(int value, string name)
        {
            if (value < 1) errors.Add($"{name} is {value} and has to be at least 1");
        }
    }
}
