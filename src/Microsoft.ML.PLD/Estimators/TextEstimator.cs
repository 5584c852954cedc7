using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>An estimator that learns from one or two text columns, and perhaps a label, and makes a transformer that adds columns.</summary>
/// <typeparam name="TTransformer">What it makes.</typeparam>
public abstract class TextEstimator<TTransformer> : IEstimator<TTransformer> where TTransformer : TextTransformer
{
    private readonly ulong _drawn;

    /// <param name="environment">ML.NET's.</param>
    /// <param name="seed">The seed of the run, or null to draw it from the seed of the <see cref="MLContext"/>.</param>
    /// <param name="columns">The columns to learn from.</param>
    internal TextEstimator(IHostEnvironment environment, ulong? seed, TrainingColumns columns)
    {
        MLNetAccess.EnsureAvailable();
        Host = environment.Register(GetType().Name); // once: each registration draws from the environment's random numbers
        (Seed, _drawn) = (seed, (ulong)Host.Rand.Next());
        Columns = columns;
    }

    internal IHost Host { get; }

    /// <summary>The seed that the user chose.</summary>
    internal ulong? Seed { get; }

    internal TrainingColumns Columns { get; }

    /// <summary>Learns from all rows of <paramref name="input"/>; its progress goes to <c>mlContext.Log</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or holds something else.</exception>
    /// <exception cref="InvalidOperationException">
    /// There are no rows; the text or the labels cannot be learned from; the device is not on this machine; or the checkpoint folder is that of a run with other options, or of one that is
    /// not to be resumed.
    /// </exception>
    /// <exception cref="ArgumentException">The layer schedule copies blocks over frozen ones, or <see cref="CheckpointOptions.AllowOptionChange"/> has a name that is no option.</exception>
    /// <exception cref="InvalidDataException">No checkpoint to resume from is whole.</exception>
    /// <exception cref="IOException">The checkpoint folder cannot be written to, or another run has it; or there is no checkpoint <see cref="CheckpointOptions.ResumeFrom"/>.</exception>
    /// <exception cref="TrainingDivergedException">The loss or its gradients were not finite in more than <see cref="AdamWOptions.MaxSkippedSteps"/> consecutive steps.</exception>
    /// <exception cref="OperationCanceledException">
    /// The options' token or the <see cref="MLContext"/> was cancelled, as AutoML does when its time is up, while rows were read; or in training, a signal included, where
    /// <see cref="CheckpointOptions.WhenCancelled"/> is <see cref="CancellationResult.Throw"/>.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The pre-trained encoder has been disposed of.</exception>
    public TTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var log = new HostLog(Host, "Training");
        return Fit(Read(input), log);
    }

    private protected TrainingData Read(IDataView input, bool forValidation = false) =>
        new(Host, input, forValidation ? Columns with { Weight = null } : Columns, CancellationToken) { ForValidation = forValidation };

    /// <summary>The columns that the transformer will give to data of this shape.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or holds something else.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Columns.Texts.CheckIn(inputSchema);
        Columns.Weight?.FindIn(inputSchema);
        var outputs = PromisedOutputs(Columns.Label?.FindIn(inputSchema));

        // The very code that will make the columns makes the promise.
        var added = new DataViewSchema.Builder();
        added.AddColumns(outputs.Select(column => column.Describe(scoreSet: 1)));
        var columns = inputSchema.ToDictionary(column => column.Name);
        foreach (var column in MLNetAccess.ShapeOf(added.ToSchema())) columns[column.Name] = column;
        return new SchemaShape(columns.Values);
    }

    /// <summary>The seed of a run: the user's, else that of the run to be resumed, else one drawn from the seed of the <see cref="MLContext"/>, which may have none.</summary>
    internal ulong SeedOf(CheckpointOptions checkpoints, ICollective ranks) => ranks.Broadcast(Seed ?? CheckpointStore.SeedOf(checkpoints) ?? _drawn); // others drew others

    /// <exception cref="OperationCanceledException">Either way of stopping was used.</exception>
    private protected void CheckAlive()
    {
        CancellationToken.ThrowIfCancellationRequested();
        MLNetAccess.CheckAlive(Host);
    }

    /// <summary>The token among the options: stops reading and training.</summary>
    private protected virtual CancellationToken CancellationToken => default;

    private protected abstract TTransformer Fit(TrainingData data, HostLog log);

    /// <summary>The columns of the transformer to be, with stand-ins for what is not known yet.</summary>
    /// <param name="label">The label column, if there is one.</param>
    private protected abstract IReadOnlyList<OutputColumn> PromisedOutputs(SchemaShape.Column? label);
}
