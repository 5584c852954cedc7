namespace Microsoft.ML.PLD;

/// <summary>The vocabulary of a new model: a given one, or one learned from the training text.</summary>
internal sealed record VocabularyChoice(WordPieceVocabulary? Given, int Size, bool LowerCase)
{
    /// <param name="column">Where the text comes from, for messages.</param>
    /// <param name="text">Reads it.</param>
    /// <param name="log">Told of what was learned.</param>
    /// <exception cref="InvalidOperationException">There is no word in the text, or <see cref="Size"/> is too small for its characters.</exception>
    public WordPieceTokenizer Resolve(string column, Func<IEnumerable<string>> text, HostLog log)
    {
        if (Given is not null) return new WordPieceTokenizer(Given, LowerCase);
        try
        {
            var learned = WordPieceTrainer.Train(text(), Size, new WordPieceTrainerOptions { LowerCase = LowerCase });
            log.Info($"Learned a vocabulary of {learned.Count:N0} word pieces from column '{column}' ({Size:N0} asked for).");
            return new WordPieceTokenizer(learned, LowerCase);
        }
        catch (ArgumentException failure) when (failure.ParamName is "lines" or "vocabularySize")
        {
            throw new InvalidOperationException($"No vocabulary of VocabularySize {Size} can be learned from column '{column}'. {failure.Message}", failure);
        }
    }
}
