namespace Microsoft.ML.PLD;

/// <summary>Some consecutive lines of a corpus as token ids: what one thread tokenizes at a time.</summary>
internal sealed class TokenizedLines
{
    private readonly List<int> _ids = [], _sentenceEnds = [], _documentEnds = []; // ends: in ids, and in sentences

    private TokenizedLines()
    {
    }

    public static TokenizedLines From(List<string?> lines, WordPieceTokenizer tokenizer)
    {
        var result = new TokenizedLines();
        var sentences = new List<Range>();
        foreach (var line in lines)
        {
            sentences.Clear();
            SentenceSplitter.Split(line, sentences);
            if (sentences.Count == 0) result._documentEnds.Add(result._sentenceEnds.Count); // null or blank
            foreach (var sentence in sentences) result.AddSentence(line.AsSpan()[sentence], tokenizer);
        }
        return result;
    }

    public void WriteTo(CorpusWriter writer)
    {
        var ids = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ids);
        int start = 0, document = 0;
        for (var sentence = 0; ; sentence++)
        {
            for (; document < _documentEnds.Count && _documentEnds[document] == sentence; document++) writer.EndDocument();
            if (sentence == _sentenceEnds.Count) return;
            writer.AddSentence(ids[start.._sentenceEnds[sentence]]);
            start = _sentenceEnds[sentence];
        }
    }

    private void AddSentence(ReadOnlySpan<char> sentence, WordPieceTokenizer tokenizer)
    {
        var before = _ids.Count;
        tokenizer.AppendIds(sentence, _ids);
        if (_ids.Count > before) _sentenceEnds.Add(_ids.Count); // control characters alone give no ids
    }
}
