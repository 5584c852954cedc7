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

    public override void Parse(byte[] input)
    {
        var vocabulary = WordPieceVocabulary.Load(new MeteredStream(input, canSeek: false), "'fuzz'");
        _ = WordPieceVocabulary.Load(new MeteredStream(input, canSeek: true), "'fuzz'");
        new WordPieceTokenizer(vocabulary).Encode("The abc fox; ü 日本.", maxLength: 16);
    }

    private static FuzzSeed Seed(Action<Stream> save, string lineEnd = "\n")
    {
        using var stream = new MemoryStream();
        save(stream);
        return new(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(stream.ToArray()).Replace("\n", lineEnd)), new LineFormat());
    }
}
