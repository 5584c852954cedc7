namespace Microsoft.ML.PLD;

/// <summary>The vocabulary of a new model: a given one, or one learned from the training text.</summary>
internal sealed record VocabularyChoice(WordPieceVocabulary? Given, int Size, bool LowerCase)
{
    public WordPieceTokenizer Resolve(Func<IEnumerable<string>> text, HostLog log)
    {
        if (Given is not null) return new WordPieceTokenizer(Given, LowerCase);
        var learned = WordPieceTrainer.Train(text(), Size, new WordPieceTrainerOptions { LowerCase = LowerCase });
        log.Info($"Learned a vocabulary of {learned.Count:N0} word pieces from the training text ({Size:N0} asked for).");
        return new WordPieceTokenizer(learned, LowerCase);
    }
}
