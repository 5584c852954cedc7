using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Scores texts in groups of similar length, so that little is padded, and such groups side by side.</summary>
internal static class TextScoring
{
    /// <summary>Texts that are cut into groups together: more would take more memory, and padding is little already.</summary>
    public const int MostAtOnce = 64;

    /// <param name="texts">In any order.</param>
    /// <param name="width">Numbers for a text.</param>
    /// <param name="device">Where they are scored.</param>
    /// <param name="score">Scores some texts: [texts, width]. Called from several threads.</param>
    /// <param name="atOnce">The most texts in memory at a time.</param>
    /// <param name="checkAlive">Called now and then; throws to stop. Null: nothing stops it.</param>
    /// <returns>[texts, width] in the order of <paramref name="texts"/></returns>
    public static float[] Score(
        IReadOnlyList<TokenizedText> texts, int width, torch.Device device, Func<TokenizedText[], float[]> score, int atOnce = MostAtOnce, Action? checkAlive = null)
    {
        var scores = new float[texts.Count * width];
        foreach (var part in Enumerable.Range(0, texts.Count).OrderBy(text => texts[text].Ids.Length).Chunk(atOnce))
        {
            checkAlive?.Invoke();
            Score(texts, part, width, scores, device, score);
        }
        return scores;
    }

    /// <summary>Means over what belongs together.</summary>
    /// <param name="outputs">[texts, width]</param>
    /// <param name="width">Numbers for a text.</param>
    /// <param name="rows">The row of each text; each row has some.</param>
    /// <param name="count">Rows.</param>
    /// <returns>[rows, width]</returns>
    public static float[] MeanByRow(float[] outputs, int width, IReadOnlyList<int> rows, int count)
    {
        if (rows.Count == count) return outputs;
        var means = new float[count * width];
        var texts = new int[count];
        foreach (var row in rows) texts[row]++;
        for (var text = 0; text < rows.Count; text++)
            for (var i = 0; i < width; i++) means[rows[text] * width + i] += outputs[text * width + i] / texts[rows[text]];
        return means;
    }

    private static void Score(IReadOnlyList<TokenizedText> texts, int[] part, int width, float[] scores, torch.Device device, Func<TokenizedText[], float[]> score)
    {
        var workers = part.Length < ScoringWorkers.Count(device) ? 1 : ScoringWorkers.Count(device);
        var groups = LengthGroups.Cut([.. part.Select(text => texts[text].Ids.Length)], LengthGroups.Overhead(device), workers);
        // Long texts first: the last batch to end should be a small one.
        ScoringWorkers.ForEach(groups.Count, device, index =>
        {
            var group = groups[groups.Count - 1 - index];
            var scored = score([.. group.Select(place => texts[part[place]])]);
            for (var i = 0; i < group.Length; i++) scored.AsSpan(i * width, width).CopyTo(scores.AsSpan(part[group[i]] * width));
        });
    }
}
