namespace Microsoft.ML.PLD;

/// <summary>
/// Pre-training batches as a pure function: sample n is the same whatever the batch size, the order of access, the rank that asks, and what ran before.
/// Safe for use by many threads.
/// </summary>
/// <remarks>
/// Every sequence is full: [CLS] text [SEP], or [CLS] text [SEP] text [SEP] with next-sentence prediction, the text running on across documents.
/// An epoch cuts the range into chunks from a random place on, and visits each once, in random order.
/// </remarks>
internal sealed class PretrainingBatches
{
    // Places in an epoch's or a sample's draws: distinct, so that all may share the purpose Validation.
    private const int PhaseIndex = 0, MaskingIndex = 1, NextSentenceIndex = 2;

    private readonly CorpusRange _range;
    private readonly WordPieceVocabulary _vocabulary;
    private readonly PretrainingBatchOptions _options;
    private readonly ulong _seed;
    private readonly bool _forValidation;
    private readonly Masking _masking;
    private readonly int _chunkLength;

    /// <param name="range">The text.</param>
    /// <param name="vocabulary">What it was tokenized with.</param>
    /// <param name="options">What samples look like.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="forValidation">Draws other numbers than for training; a fixed set of them is the parts of step 0.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the vocabulary is not the corpus's.</exception>
    public PretrainingBatches(CorpusRange range, WordPieceVocabulary vocabulary, PretrainingBatchOptions options, ulong seed, bool forValidation = false)
    {
        var problems = string.Join(" ", options.Problems());
        if (problems.Length > 0) throw new ArgumentException(problems, nameof(options));
        if (range.Corpus.VocabularySha256 != vocabulary.Sha256 || range.Corpus.VocabularySize != vocabulary.Count)
            throw new ArgumentException($"The corpus '{range.Corpus.Folder}' was made with another vocabulary.", nameof(vocabulary));
        (_range, _vocabulary, _options, _seed, _forValidation) = (range, vocabulary, options, seed, forValidation);
        _masking = new Masking(vocabulary, options);
        _chunkLength = options.SequenceLength - (options.NextSentencePrediction ? 3 : 2);
        SamplesPerEpoch = (range.Length + _chunkLength - 1) / _chunkLength;
    }

    /// <summary>How many samples cover the range once.</summary>
    public long SamplesPerEpoch { get; }

    /// <summary>The batches of all steps from <paramref name="step"/> on, without end, each in micro-batches.</summary>
    public IEnumerable<PretrainingBatch[]> From(long step, int microBatchSize) => From(step, microBatchSize, 0, _options.BatchSize);

    /// <summary>As <see cref="From(long, int)"/>, some rows of each batch only: a rank's share.</summary>
    public IEnumerable<PretrainingBatch[]> From(long step, int microBatchSize, int firstRow, int rows)
    {
        for (; ; step++) yield return Parts(step, microBatchSize, firstRow, rows);
    }

    /// <summary>A step's batch in as few parts as have at most so many rows, of almost equal size.</summary>
    public PretrainingBatch[] Parts(long step, int microBatchSize) => Parts(step, microBatchSize, 0, _options.BatchSize);

    private PretrainingBatch[] Parts(long step, int microBatchSize, int firstRow, int rows)
    {
        var parts = rows == 0 ? 0 : (rows - 1) / microBatchSize + 1;
        var ends = Enumerable.Range(0, parts + 1).Select(part => (int)((long)rows * part / Math.Max(1, parts))).ToArray();
        return [.. Enumerable.Range(0, parts).Select(part => Samples(step * _options.BatchSize + firstRow + ends[part], ends[part + 1] - ends[part]))];
    }

    /// <summary>Consecutive samples.</summary>
    public PretrainingBatch Samples(long first, int count)
    {
        var length = _options.SequenceLength;
        var ids = new int[count * length];
        int[]? types = _options.NextSentencePrediction ? new int[count * length] : null, labels = types is null ? null : new int[count];
        List<int> positions = [], masked = [];
        for (var row = 0; row < count; row++)
        {
            var sample = first + row;
            var rowIds = ids.AsSpan(row * length, length);
            if (types is null) FillOne(rowIds, ChunkStart(sample));
            else labels![row] = FillTwo(rowIds, types.AsSpan(row * length, length), ChunkStart(sample), sample);
            _masking.Apply(rowIds, row * length, Draws(RandomPurpose.Masking, sample, MaskingIndex), positions, masked);
        }
        return new PretrainingBatch
        {
            Rows = count,
            SequenceLength = length,
            InputIds = ids,
            TypeIds = types,
            MaskedPositions = [.. positions],
            MaskedLabels = [.. masked],
            NextSentenceLabels = labels,
        };
    }

    /// <summary>Where in the range the text of a sample starts.</summary>
    internal long ChunkStart(long sample)
    {
        var (epoch, place) = Math.DivRem(sample, SamplesPerEpoch);
        var phase = Draws(RandomPurpose.Shuffling, epoch, PhaseIndex).NextInt64(_range.Length); // moves the borders of chunks
        var order = new EpochPermutation(_seed, Purpose(RandomPurpose.Shuffling), epoch, SamplesPerEpoch);
        return (phase + order[place] * _chunkLength) % _range.Length;
    }

    private void FillOne(Span<int> ids, long start)
    {
        ids[0] = _vocabulary.ClassifyId;
        _range.CopyTokens(start, ids[1..^1]);
        ids[^1] = _vocabulary.SeparatorId;
    }

    private int FillTwo(Span<int> ids, Span<int> types, long start, long sample)
    {
        var pair = NextSentence.Draw(_range, start, _chunkLength, Draws(RandomPurpose.NextSentence, sample, NextSentenceIndex));
        var second = pair.Cut + 2; // after [CLS], the first text and [SEP]
        ids[0] = _vocabulary.ClassifyId;
        _range.CopyTokens(start, ids[1..(second - 1)]);
        ids[second - 1] = _vocabulary.SeparatorId;
        _range.CopyTokens(pair.SecondStart, ids[second..^1]);
        ids[^1] = _vocabulary.SeparatorId;
        types[second..].Fill(1);
        return pair.Label;
    }

    private RandomPurpose Purpose(RandomPurpose training) => _forValidation ? RandomPurpose.Validation : training;

    private RandomStream Draws(RandomPurpose training, long step, int index) => new(_seed, Purpose(training), step, index);
}
