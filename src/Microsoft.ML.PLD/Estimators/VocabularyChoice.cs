namespace Microsoft.ML.PLD;

/// <summary>The vocabulary of a new model: a given one, or one learned from the training text.</summary>
internal sealed record VocabularyChoice(WordPieceVocabulary? Given, int Size, bool LowerCase)
{
    /// <summary>What is wrong with a vocabulary beside an encoder that has one.</summary>
    public const string OfAnother = "Vocabulary is not that of Pretrained, whose embeddings belong to its own word pieces; leave Vocabulary null.";

    private const int Least = 6; // the special pieces and a character

    public IEnumerable<string> Problems()
    {
        if (Given is null && Size is < Least or > WordPieceVocabulary.MaximumCount) yield return $"VocabularySize is {Size}; expected {Least} to {WordPieceVocabulary.MaximumCount}.";
    }

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
            log.Info(FormattableString.Invariant($"Learned a vocabulary of {learned.Count:N0} word pieces from column '{column}' ({Size:N0} asked for)."));
            return new WordPieceTokenizer(learned, LowerCase);
        }
        catch (ArgumentException failure) when (failure.ParamName == "lines")
        {
            throw new InvalidOperationException($"There is no word in column '{column}' to learn a vocabulary from: all rows are empty.", failure);
        }
        catch (ArgumentException failure) when (failure.Data[WordPieceTrainer.LeastSize] is int least)
        {
            throw new InvalidOperationException(
                $"VocabularySize is {Size}, and the text of column '{column}' needs at least {least}: each of its characters is a word piece, and most are a second one with ## before them.", failure);
        }
    }
}
