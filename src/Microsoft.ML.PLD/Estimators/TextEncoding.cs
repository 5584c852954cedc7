using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Turns the texts of a column, or of two, into token ids.</summary>
/// <param name="Tokenizer">Of the model.</param>
/// <param name="MaxLength">The most tokens of a text or pair.</param>
internal sealed record TextEncoding(WordPieceTokenizer Tokenizer, int MaxLength)
{
    /// <param name="first">A text.</param>
    /// <param name="second">The second sentence of a pair, or null: empty text would make a pair, with a [SEP] more.</param>
    public TokenizedText Encode(ReadOnlyMemory<char> first, string? second) => Tokenizer.Encode(first.ToString(), second, MaxLength);

    /// <summary>Scores texts of similar length together, so that little is padded, and such groups side by side.</summary>
    /// <param name="texts">In any order.</param>
    /// <param name="width">Scores a text.</param>
    /// <param name="scores">[texts, width] in the order of <paramref name="texts"/>.</param>
    /// <param name="device">Where they are scored.</param>
    /// <param name="score">Scores some texts: [texts, width]. Called from several threads.</param>
    public void Score(TextBatch texts, int width, Span<float> scores, torch.Device device, Func<TokenizedText[], float[]> score)
    {
        var encoded = new TokenizedText[texts.Count];
        for (var row = 0; row < encoded.Length; row++)
            encoded[row] = Encode(texts.First.Span[row], texts.IsPairs ? texts.Second.Span[row].ToString() : null);

        var workers = encoded.Length < ScoringWorkers.Count(device) ? 1 : ScoringWorkers.Count(device);
        var groups = LengthGroups.Cut([.. encoded.Select(text => text.Ids.Length)], LengthGroups.Overhead(device), workers);
        var scored = new float[groups.Count][];
        // Long texts first: the last batch to end should be a small one.
        ScoringWorkers.ForEach(groups.Count, device, index =>
        {
            var group = groups.Count - 1 - index;
            scored[group] = score([.. groups[group].Select(row => encoded[row])]);
        });
        foreach (var (rows, values) in groups.Zip(scored))
            for (var i = 0; i < rows.Length; i++) values.AsSpan(i * width, width).CopyTo(scores[(rows[i] * width)..]);
    }
}
