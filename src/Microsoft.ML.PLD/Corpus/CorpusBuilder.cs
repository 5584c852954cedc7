namespace Microsoft.ML.PLD;

/// <summary>Tokenizes text, on all processors, into a <see cref="TokenCorpus"/> on disk.</summary>
/// <remarks>
/// A line is a paragraph; it is cut into sentences by its punctuation. A null or blank line ends a document, and so does the end of the text.
/// The text is streamed: memory does not grow with its length, and what is written does not depend on the number of threads.
/// </remarks>
public static class CorpusBuilder
{
    private const int LinesAtOnce = 4096, CharactersAtOnce = 1 << 17;

    /// <summary>Builds a corpus from lines of text.</summary>
    /// <param name="lines">Paragraphs; null or blank between documents.</param>
    /// <param name="tokenizer">Cuts sentences into pieces of its vocabulary.</param>
    /// <param name="folder">Where to write the shards; made if it does not exist.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind.</param>
    /// <returns>The corpus, open; the caller disposes it.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="IOException">The folder is not writable, already holds a corpus, or the disk is full. Nothing is left behind.</exception>
    /// <exception cref="InvalidDataException">There is no usable text.</exception>
    public static TokenCorpus Build(
        IEnumerable<string?> lines, WordPieceTokenizer tokenizer, string folder, CorpusOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(lines);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new CorpusOptions();
        var problems = string.Join(" ", options.Problems());
        if (problems.Length > 0) throw new ArgumentException(problems, nameof(options));

        using (var writer = new CorpusWriter(folder, tokenizer.Vocabulary, options))
        {
            foreach (var tokenized in Tokenize(lines, tokenizer, options.Threads, cancellationToken)) tokenized.WriteTo(writer);
            if (!writer.HasWords)
                throw new InvalidDataException($"There is no text to build the corpus '{folder}' from: all lines are empty, or hold no word that the vocabulary can spell.");
            writer.Publish();
        }
        return TokenCorpus.Open(folder);
    }

    /// <summary>Builds a corpus from text files (<c>.txt</c>, <c>.txt.br</c>, <c>.txt.gz</c>; UTF-8) and folders of them; each file ends a document.</summary>
    /// <param name="paths">Files and folders, in the order wanted; the files of a folder, and of the folders in it, are read in ordinal order.</param>
    /// <param name="tokenizer">Cuts sentences into pieces of its vocabulary.</param>
    /// <param name="folder">Where to write the shards; made if it does not exist.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work; nothing is left behind.</param>
    /// <returns>The corpus, open; the caller disposes it.</returns>
    /// <exception cref="FileNotFoundException">A path does not exist.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="IOException">The folder is not writable, already holds a corpus, or the disk is full. Nothing is left behind.</exception>
    /// <exception cref="InvalidDataException">A file is of an unknown kind, damaged or not UTF-8, or there is no usable text.</exception>
    public static TokenCorpus BuildFromFiles(
        IEnumerable<string> paths, WordPieceTokenizer tokenizer, string folder, CorpusOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return Build(TextFiles.Lines(paths), tokenizer, folder, options, cancellationToken);
    }

    /// <summary>Reads the lines of text files and folders, as <see cref="BuildFromFiles"/> does: for learning a vocabulary from them.</summary>
    /// <param name="paths">Files and folders, in the order wanted.</param>
    /// <returns>The lines, read as they are enumerated; null after each file.</returns>
    /// <exception cref="FileNotFoundException">A path does not exist.</exception>
    /// <exception cref="InvalidDataException">A file is of an unknown kind, damaged or not UTF-8.</exception>
    public static IEnumerable<string?> ReadLines(IEnumerable<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return TextFiles.Lines(paths);
    }

    // In the order of the text: as many groups of lines as keep the threads busy are under way, and the oldest is handed on first.
    private static IEnumerable<TokenizedLines> Tokenize(
        IEnumerable<string?> lines, WordPieceTokenizer tokenizer, int threads, CancellationToken cancellationToken)
    {
        var scheduler = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, threads).ConcurrentScheduler;
        var underWay = new Queue<Task<TokenizedLines>>();
        try
        {
            foreach (var group in Groups(lines))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (underWay.Count == 2 * threads) yield return underWay.Dequeue().GetAwaiter().GetResult();
                underWay.Enqueue(Task.Factory.StartNew(
                    () => TokenizedLines.From(group, tokenizer), CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler));
            }
            while (underWay.TryDequeue(out var oldest)) yield return oldest.GetAwaiter().GetResult();
        }
        finally
        {
            // After a failure or cancellation: no task outlives the call.
            ((Task)Task.WhenAll(underWay)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        }
    }

    private static IEnumerable<List<string?>> Groups(IEnumerable<string?> lines)
    {
        var group = new List<string?>();
        var characters = 0;
        foreach (var line in lines)
        {
            group.Add(line);
            characters += line?.Length ?? 0;
            if (group.Count < LinesAtOnce && characters < CharactersAtOnce) continue;
            yield return group;
            (group, characters) = ([], 0);
        }
        if (group.Count > 0) yield return group;
    }
}
