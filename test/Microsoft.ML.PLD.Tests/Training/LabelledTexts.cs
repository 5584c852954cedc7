namespace Microsoft.ML.PLD.Tests;

/// <summary>Numbers in words, to be told apart by one word in each text: 17 pieces, 3 classes.</summary>
internal sealed class LabelledTexts
{
    private static readonly string[] Words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"];

    /// <param name="rows">How many.</param>
    /// <param name="seed">Of the draw.</param>
    public LabelledTexts(int rows, int seed = 1)
    {
        var random = new Random(seed);
        for (var row = 0; row < rows; row++)
        {
            // The first three words tell the class; the others, 0 to 8 of them, only stand around.
            var words = Enumerable.Range(0, random.Next(9)).Select(_ => Words[3 + random.Next(8)]).ToList();
            words.Insert(random.Next(words.Count + 1), Words[row % 3]);
            Texts.Add(Tokenizer.Encode(string.Join(' ', words), maxLength: 23));
            Classes.Add(row % 3);
        }
    }

    public static WordPieceTokenizer Tokenizer { get; } = new(WordPieceVocabulary.FromPieces(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", .. Words]));

    public static BertConfig Config { get; } = TestCorpus.Config with { VocabularySize = Tokenizer.Vocabulary.Count };

    public TrainingExamples Examples
    {
        get
        {
            var examples = new TrainingExamples();
            foreach (var (text, right) in Texts.Zip(Classes)) examples.Add([text], right);
            return examples;
        }
    }

    public List<TokenizedText> Texts { get; } = [];

    public List<int> Classes { get; } = [];
}
