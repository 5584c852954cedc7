namespace Microsoft.ML.PLD;

/// <summary>How the tensors of a model folder met the weights of the model that was made of it. An encoder that lacks something is refused: see <see cref="BertModel.FromPretrained"/>.</summary>
/// <param name="Missing">Weights of the heads that the folder has not, by Hugging Face's names: they are random. Empty for a model of this library.</param>
/// <param name="Unexpected">Tensors of the folder that were not used, by their names there: heads of other tasks, for example.</param>
public sealed record WeightsReport(IReadOnlyList<string> Missing, IReadOnlyList<string> Unexpected)
{
    /// <summary>Whether each weight was there, and nothing else.</summary>
    public bool IsComplete => Missing.Count == 0 && Unexpected.Count == 0;

    /// <summary>A sentence for people.</summary>
    /// <returns>The names, or that there are none.</returns>
    public override string ToString()
    {
        if (IsComplete) return "All weights were read.";
        var sentences = new List<string>();
        if (Missing.Count > 0) sentences.Add($"New, with random weights: {Some(Missing)}.");
        if (Unexpected.Count > 0) sentences.Add($"Not used: {Some(Unexpected)}.");
        return string.Join(" ", sentences);
    }

    /// <summary>The first few names, and how many more there are.</summary>
    internal static string Some(IReadOnlyList<string> names)
    {
        const int most = 10;
        var shown = string.Join(", ", names.Take(most).Select(name => Excerpt.Of(name)));
        return names.Count > most ? $"{shown} and {names.Count - most:N0} more" : shown;
    }
}
