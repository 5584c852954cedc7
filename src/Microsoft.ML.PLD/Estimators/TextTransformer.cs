using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>
/// A transformer that runs a network over one or two text columns and adds columns made of its scores. Rows are scored in batches, and only when
/// a value of one of the added columns is read.
/// </summary>
/// <remarks>Safe for use from several threads. Dispose it to free the network's memory; the views it made cannot be read after that.</remarks>
public abstract class TextTransformer : ITransformer, IDisposable
{
    private readonly ITextScorer _scorer;
    private readonly UseGuard _guard;
    private long _rowsScored;

    /// <param name="environment">ML.NET's.</param>
    /// <param name="texts">The columns that the scores are made of.</param>
    /// <param name="scorer">The network; disposed with the transformer.</param>
    /// <param name="outputs">The columns to add.</param>
    internal TextTransformer(IHostEnvironment environment, TextColumns texts, ITextScorer scorer, IReadOnlyList<OutputColumn> outputs)
    {
        MLNetAccess.EnsureAvailable();
        _guard = new UseGuard(GetType().FullName!);
        Host = environment.Register(GetType().Name);
        (Texts, _scorer, Outputs, Width, MaxBatch) = (texts, scorer, outputs, scorer.Width, scorer.MaxBatch);
    }

    /// <summary>The column with the texts, and of pairs also that with the second sentences.</summary>
    public IReadOnlyList<string> InputColumnNames => Texts.Second is null ? [Texts.First] : [Texts.First, Texts.Second];

    /// <summary>The columns that it adds, in this order.</summary>
    public IReadOnlyList<string> OutputColumnNames => [.. Outputs.Select(output => output.Name)];

    internal IHost Host { get; }

    internal TextColumns Texts { get; }

    internal IReadOnlyList<OutputColumn> Outputs { get; }

    internal int Width { get; }

    internal int MaxBatch { get; }

    /// <summary>How many rows the network has scored so far: what a lazy reader has really cost.</summary>
    internal long RowsScored => Interlocked.Read(ref _rowsScored);

    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>The schema that <see cref="Transform"/> gives to data with this schema.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A text column is missing or holds something else.</exception>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).Output;

    /// <summary>Adds the columns to a view of data; nothing is read or scored before the rows are.</summary>
    /// <inheritdoc cref="GetOutputSchema" path="/exception"/>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new ScoredView(this, Bind(input.Schema), input);
    }

    /// <summary>A mapper of single rows, as prediction engines use it.</summary>
    /// <inheritdoc cref="GetOutputSchema" path="/exception"/>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new ScoredRowMapper(this, Bind(inputSchema));

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        using var use = _guard.Use();
        Save(ctx);
    }

    /// <summary>Frees the network, after the batches that are being scored.</summary>
    public void Dispose()
    {
        _guard.End(_scorer.Dispose);
        GC.SuppressFinalize(this);
    }

    /// <summary>Keeps the network from being freed until the result is disposed of.</summary>
    /// <exception cref="ObjectDisposedException">It has been freed.</exception>
    private protected UseGuard.Usage Use() => _guard.Use();

    internal void Score(TextBatch texts, Span<float> scores)
    {
        using var use = _guard.Use();
        _scorer.Score(texts, scores);
        Interlocked.Add(ref _rowsScored, texts.Count);
    }

    /// <summary>Calls <see cref="MLNetAccess.Save{T}"/> with this type and its entries.</summary>
    private protected abstract void Save(ModelSaveContext context);

    private RowBindings Bind(DataViewSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        _guard.ThrowIfEnded();
        return new RowBindings(schema, Texts, Outputs);
    }
}
