namespace Microsoft.ML.PLD.FaultTests;

/// <summary>tokenizer.json of a folder without vocab.txt: read, and a text encoded with it.</summary>
internal sealed class TokenizerTarget : FuzzTarget
{
    private readonly string _folder, _file;

    public TokenizerTarget(string folder)
    {
        (_folder, _file) = (folder, Path.Combine(folder, TokenizerFiles.Fast));
        Seeds =
        [
            .. new[] { SmallModel.Vocabulary, WordPieceTrainer.Train(["the quick brown fox jumps over the lazy dog", "日本語 Ünïcode, 1234!"], 90) }.Select(vocabulary =>
            {
                using var stream = new MemoryStream();
                TokenizerFiles.Write(new WordPieceTokenizer(vocabulary), SmallModel.Config.MaxPositions, (name, write) => { if (name == TokenizerFiles.Fast) write(stream); });
                return new FuzzSeed(stream.ToArray(), new JsonFormat());
            }),
        ];
    }

    public override IReadOnlyList<FuzzSeed> Seeds { get; }

    // Metadata of the serializer's, made when it first meets a part of the file.
    public override int Allowance => 128 << 10;

    /// <summary>Pieces as in vocab.txt, and in the dictionary of the JSON before; lists of empty objects, which take a record for three bytes.</summary>
    public override double FactorFor(byte[] input) => 2 * VocabularyTarget.Factor;

    public override object? Parse(byte[] input)
    {
        File.WriteAllBytes(_file, input);
        return TokenizerFiles.Read(_folder);
    }

    public override void Use(object parsed) => ((WordPieceTokenizer)parsed).Encode("The abc fox; ü 日本.", maxLength: 16);
}
