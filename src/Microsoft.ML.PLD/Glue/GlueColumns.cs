namespace Microsoft.ML.PLD;

/// <summary>Where in a line the columns are that matter.</summary>
internal sealed class GlueColumns
{
    private readonly string _path;
    private readonly int _index, _sentence1, _sentence2, _label; // -1: there is none

    /// <param name="file">The columns to find.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="header">The names of all columns.</param>
    /// <exception cref="InvalidDataException">One is missing, or a name comes twice.</exception>
    public GlueColumns(GlueFile file, string path, IReadOnlyList<string> header)
    {
        (_path, Count) = (path, header.Count);
        var places = new Dictionary<string, int>();
        for (var place = 0; place < Count; place++)
            if (!places.TryAdd(header[place], place))
                throw DamagedTsv.At(path, 1, $"the header has the column '{Excerpt.Of(header[place])}' twice; expected each name once.");
        _index = Find(file.Index);
        _sentence1 = Find(file.Sentence1);
        _sentence2 = Find(file.Sentence2);
        _label = Find(file.Label);

        int Find(string? name)
        {
            if (name is null) return -1;
            if (places.TryGetValue(name, out var place)) return place;
            var expected = new[] { file.Index, file.Sentence1, file.Sentence2, file.Label }.OfType<string>();
            throw DamagedTsv.At(path, 1, $"the header '{Excerpt.Of(string.Join(' ', header))}' has no column '{name}'; expected tab-separated columns, among them {string.Join(", ", expected.Select(column => $"'{column}'"))}.");
        }
    }

    /// <summary>How many columns each line has.</summary>
    public int Count { get; }

    /// <summary>The example of a line; null if the line has too few columns.</summary>
    /// <exception cref="InvalidDataException">It has too many, or its label is wrong.</exception>
    public GlueExample? Read(GlueTask task, int line, string text, int row)
    {
        // Counted first: a line of tabs alone would be a million strings.
        var count = text.AsSpan().Count('\t') + 1;
        if (count > Count) throw WrongCount(line, text);
        if (count < Count) return null;
        var cells = text.Split('\t');
        return new GlueExample(
            _index < 0 ? row.ToString(System.Globalization.CultureInfo.InvariantCulture) : cells[_index],
            cells[_sentence1],
            _sentence2 < 0 ? null : cells[_sentence2],
            _label < 0 ? null : GlueLabel.Parse(task, cells[_label], _path, line));
    }

    /// <summary>The error of a line with another number of columns.</summary>
    public InvalidDataException WrongCount(int line, string text) =>
        DamagedTsv.At(_path, line, $"{text.AsSpan().Count('\t') + 1} tab-separated columns in '{Excerpt.Of(text)}'; expected {Count}.");
}
