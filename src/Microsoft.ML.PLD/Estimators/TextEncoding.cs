using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Turns the texts of a column, or of two, into token ids.</summary>
/// <param name="Tokenizer">Of the model.</param>
/// <param name="MaxLength">The most tokens of a text or pair.</param>
/// <param name="LongTexts">What becomes of texts that have more.</param>
/// <param name="WindowStride">For <see cref="LongTexts.SlidingWindows"/>; 0: half a window.</param>
internal sealed record TextEncoding(WordPieceTokenizer Tokenizer, int MaxLength, LongTexts LongTexts = LongTexts.Head, int WindowStride = 0)
{
    /// <param name="first">A text.</param>
    /// <param name="second">The second sentence of a pair, or null: empty text would make a pair, with a [SEP] more.</param>
    /// <returns>One, or several windows.</returns>
    public IReadOnlyList<TokenizedText> Encode(ReadOnlyMemory<char> first, string? second)
    {
        if (LongTexts == LongTexts.Head) return [Tokenizer.Encode(first.ToString(), second, MaxLength)]; // stops reading where the room ends
        List<int> firstIds = [], secondIds = [];
        Tokenizer.AppendIds(first.Span, firstIds);
        Tokenizer.AppendIds(second, secondIds);
        var room = MaxLength - (second is null ? WordPieceTokenizer.SpecialsOfText : WordPieceTokenizer.SpecialsOfPair);
        return [.. TextCut.Apply(CollectionsMarshal.AsSpan(firstIds), CollectionsMarshal.AsSpan(secondIds), room, LongTexts, WindowStride)
            .Select(cut => Tokenizer.Assemble(cut.First, cut.Second, isPair: second is not null))];
    }

    /// <summary>Scores texts: of one that is read in windows, the mean over these.</summary>
    /// <param name="texts">In any order.</param>
    /// <param name="width">Numbers for a text.</param>
    /// <param name="scores">[texts, width] in the order of <paramref name="texts"/>.</param>
    /// <param name="device">Where they are scored.</param>
    /// <param name="score">Scores some texts: [texts, width]. Called from several threads.</param>
    public void Score(TextBatch texts, int width, Span<float> scores, torch.Device device, Func<TokenizedText[], float[]> score)
    {
        var (encoded, rows) = (new List<TokenizedText>(texts.Count), new List<int>(texts.Count));
        for (var row = 0; row < texts.Count; row++)
            foreach (var window in Encode(texts.First.Span[row], texts.IsPairs ? texts.Second.Span[row].ToString() : null))
            {
                encoded.Add(window);
                rows.Add(row);
            }
        TextScoring.MeanByRow(TextScoring.Score(encoded, width, device, score), width, rows, texts.Count).CopyTo(scores);
    }
}
