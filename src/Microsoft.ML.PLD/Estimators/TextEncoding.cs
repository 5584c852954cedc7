namespace Microsoft.ML.PLD;

/// <summary>Turns the texts of a column, or of two, into token ids.</summary>
/// <param name="Tokenizer">Of the model.</param>
/// <param name="MaxLength">The most tokens of a text or pair.</param>
internal sealed record TextEncoding(WordPieceTokenizer Tokenizer, int MaxLength)
{
    /// <param name="first">A text.</param>
    /// <param name="second">The second sentence of a pair, or null: empty text would make a pair, with a [SEP] more.</param>
    public TokenizedText Encode(ReadOnlyMemory<char> first, string? second) => Tokenizer.Encode(first.ToString(), second, MaxLength);

    public TokenizedText[] Encode(TextBatch texts)
    {
        var encoded = new TokenizedText[texts.Count];
        for (var row = 0; row < encoded.Length; row++)
            encoded[row] = Encode(texts.First.Span[row], texts.IsPairs ? texts.Second.Span[row].ToString() : null);
        return encoded;
    }
}
