using System.Text;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>vocab.txt: read, and a text encoded with it.</summary>
internal sealed class VocabularyTarget : FuzzTarget
{
    public override IReadOnlyList<FuzzSeed> Seeds { get; } =
    [
        Seed(SmallModel.Vocabulary.Save), Seed(SmallModel.Vocabulary.Save, "\r\n"),
        Seed(WordPieceTrainer.Train(["the quick brown fox jumps over the lazy dog", "日本語 Ünïcode, 1234!"], 90).Save),
    ];

    /// <summary>
    /// A piece is a .NET string (24 bytes at least) in an array (8) and a dictionary (34), after the bytes of the file; the shortest lines that all differ have 3 bytes.
    /// </summary>
    public const double Factor = 26;

    public override double FactorFor(byte[] input) => Factor;

    public override object? Parse(byte[] input) => WordPieceVocabulary.Load(new MeteredStream(input, canSeek: true), "'fuzz'");

    public override void Use(object parsed) => new WordPieceTokenizer((WordPieceVocabulary)parsed).Encode("The abc fox; ü 日本.", maxLength: 16);

    private static FuzzSeed Seed(Action<Stream> save, string lineEnd = "\n")
    {
        using var stream = new MemoryStream();
        save(stream);
        return new(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(stream.ToArray()).Replace("\n", lineEnd)), new LineFormat());
    }
}
