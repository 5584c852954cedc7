using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Microsoft.ML.PLD;

/// <summary>Labelled rows as a network takes them: one tokenized text a row, or several windows of it.</summary>
internal sealed class TrainingExamples
{
    private readonly List<TokenizedText> _texts = [];
    private readonly List<int> _rows = [];
    private readonly List<double> _targets = [];
    private readonly List<double> _weights = []; // double: the product of two of float's range

    /// <summary>The texts, or windows, in the order of the rows.</summary>
    public IReadOnlyList<TokenizedText> Texts => _texts;

    /// <summary>The row that each text is of.</summary>
    public IReadOnlyList<int> Rows => _rows;

    /// <summary>What is right for each row: a class from 0, or a value.</summary>
    public IReadOnlyList<double> Targets => _targets;

    /// <summary>How much each row counts.</summary>
    public IReadOnlyList<double> Weights => _weights;

    public void Add(IReadOnlyList<TokenizedText> texts, double target, double weight = 1)
    {
        _texts.AddRange(texts);
        for (var i = 0; i < texts.Count; i++) _rows.Add(_targets.Count);
        _targets.Add(target);
        _weights.Add(weight);
    }

    /// <summary>Some of the rows.</summary>
    public TrainingExamples Select(IEnumerable<int> rows, Func<int, double>? weight = null)
    {
        var selected = new TrainingExamples();
        var texts = _texts.Zip(_rows).GroupBy(pair => pair.Second, pair => pair.First).ToDictionary(group => group.Key, group => group.ToArray());
        foreach (var row in rows) selected.Add(texts[row], _targets[row], weight?.Invoke(row) ?? _weights[row]);
        return selected;
    }

    /// <summary>How much each text counts, so that the mean over all is 1: its share of its row's weight.</summary>
    public float[] TextWeights()
    {
        var windows = new int[_targets.Count];
        foreach (var row in _rows) windows[row]++;
        double[] weights = [.. _rows.Select(row => _weights[row] / windows[row])];
        var mean = weights.Average();
        return Array.ConvertAll(weights, weight => (float)(weight / mean));
    }

    /// <summary>Means over the texts of each row.</summary>
    /// <param name="outputs">[texts, width]</param>
    /// <param name="width">Numbers of each.</param>
    /// <returns>[rows, width]</returns>
    public float[] MeanByRow(float[] outputs, int width) => TextScoring.MeanByRow(outputs, width, _rows, _targets.Count);

    /// <summary>Tells these examples from others.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var text = 0; text < _texts.Count; text++)
        {
            hash.AppendData(MemoryMarshal.AsBytes<int>([_texts[text].Ids.Length, _rows[text]]));
            hash.AppendData(MemoryMarshal.AsBytes<double>([_targets[_rows[text]], _weights[_rows[text]]]));
            hash.AppendData(MemoryMarshal.AsBytes<int>(_texts[text].Ids));
        }
        return $"{_targets.Count} rows, SHA-256 {Convert.ToHexStringLower(hash.GetHashAndReset())[..16]}";
    }
}
