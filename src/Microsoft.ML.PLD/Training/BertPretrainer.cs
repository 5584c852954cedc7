namespace Microsoft.ML.PLD;

/// <summary>Pre-trains an encoder without ML.NET: a folder of token shards in, a <see cref="BertModel"/> out.</summary>
/// <remarks>A new one, or one that goes on from a trained model: on text of another domain, with another objective, or for longer.</remarks>
public sealed class BertPretrainer
{
    private readonly BertConfig _config;
    private readonly BertModel? _pretrained;
    private readonly PretrainingOptions _options;
    private readonly RuntimeOptions _runtime;
    private readonly CheckpointOptions _checkpoints;

    /// <summary>Checks the options; nothing runs yet.</summary>
    /// <param name="config">The architecture; its vocabulary size is set from the tokenizer's vocabulary.</param>
    /// <param name="options">How to train. Default: <see cref="PretrainingOptions"/>'s defaults.</param>
    /// <param name="runtime">Where and how to compute. Default: <see cref="RuntimeOptions"/>'s defaults.</param>
    /// <param name="checkpoints">How the run survives. Default: <see cref="CheckpointOptions"/>'s defaults, no checkpoints.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all of them.</exception>
    public BertPretrainer(BertConfig config, PretrainingOptions? options = null, RuntimeOptions? runtime = null, CheckpointOptions? checkpoints = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        (_config, _options, _runtime, _checkpoints) = (config, options ?? new(), runtime ?? new(), checkpoints ?? new());
        OptionProblems.ThrowIfAny(
            nameof(BertPretrainer), [.. _config.Problems(), .. _runtime.Problems(), .. _options.Problems(), .. _options.Problems(_config), .. _checkpoints.Problems()]);
    }

    /// <summary>Goes on from a trained model, whose architecture and vocabulary stay; nothing runs yet.</summary>
    /// <param name="pretrained">
    /// The model to start from; it is copied when training starts, not changed. Its next-sentence head goes on with
    /// <see cref="PretrainingOptions.NextSentencePrediction"/>, is left out without, and begins anew where the model has none.
    /// </param>
    /// <param name="options">
    /// How to train. Default: <see cref="PretrainingOptions"/>'s defaults; <see cref="PretrainingOptions.FrequencyBias"/> is for new models, and does nothing here.
    /// </param>
    /// <param name="runtime">Where and how to compute. Default: <see cref="RuntimeOptions"/>'s defaults.</param>
    /// <param name="checkpoints">How the run survives. Default: <see cref="CheckpointOptions"/>'s defaults, no checkpoints.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all of them.</exception>
    public BertPretrainer(BertModel pretrained, PretrainingOptions? options = null, RuntimeOptions? runtime = null, CheckpointOptions? checkpoints = null)
        : this((pretrained ?? throw new ArgumentNullException(nameof(pretrained))).Config, (options ?? new()) with { FrequencyBias = false }, runtime, checkpoints) =>
        _pretrained = pretrained;

    /// <summary>Trains on a folder that <see cref="CorpusBuilder"/> wrote.</summary>
    /// <param name="corpusFolder">The folder of token shards.</param>
    /// <param name="tokenizer">The tokenizer that the shards were made with; of a model to start from, its own.</param>
    /// <param name="progress">Told of every step, on the training thread. Default: nobody.</param>
    /// <param name="cancellationToken">Stops before the next micro-batch, writes a checkpoint, and does what <see cref="CheckpointOptions.WhenCancelled"/> says.</param>
    /// <param name="validationFolder">
    /// A folder of token shards to validate with, so that all of <paramref name="corpusFolder"/> is learned from. Default: null, the share
    /// <see cref="PretrainingOptions.ValidationShare"/> at the end of <paramref name="corpusFolder"/>.
    /// </param>
    /// <returns>The trained model, on the device it was trained on; yours to dispose of.</returns>
    /// <exception cref="ArgumentException"><paramref name="tokenizer"/> is not that of the model to start from.</exception>
    /// <exception cref="InvalidDataException">The folder holds no shards, damaged ones, or ones of another vocabulary; or no checkpoint to resume from is whole.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled, or a signal came; the message names the checkpoint.</exception>
    /// <exception cref="InvalidOperationException">
    /// The device is not there; or the checkpoint folder is that of a run with other options, or of one that is not to be resumed.
    /// </exception>
    /// <exception cref="TrainingDivergedException">The losses are no numbers.</exception>
    /// <exception cref="IOException">The checkpoint folder cannot be written to, or another run has it.</exception>
    public BertModel Train(
        string corpusFolder, WordPieceTokenizer tokenizer, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default,
        string? validationFolder = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        using var corpus = TokenCorpus.Open(corpusFolder, tokenizer.Vocabulary);
        using var validation = validationFolder is null ? null : TokenCorpus.Open(validationFolder, tokenizer.Vocabulary);
        return Train(corpus, tokenizer, progress, cancellationToken.ThrowIfCancellationRequested, validation);
    }

    internal BertModel Train(TokenCorpus corpus, WordPieceTokenizer tokenizer, IProgress<TrainingProgress>? progress, Action checkAlive, TokenCorpus? validation = null)
    {
        if (_pretrained is not null && !_pretrained.Tokenizer.IsSameAs(tokenizer))
            throw new ArgumentException("The tokenizer is not that of the model to start from: expected BertModel.Tokenizer, and text that was tokenized with it.", nameof(tokenizer));
        var (device, type) = _runtime.Apply();
        var model = new BertModel(_config with { VocabularySize = _pretrained?.Config.VocabularySize ?? tokenizer.Vocabulary.Count }, tokenizer, _options.NextSentencePrediction, device, _options.RunSeed);
        try
        {
            if (_pretrained is not null)
            {
                using var use = _pretrained.Use();
                model.Weights.CopyFrom(_pretrained.Weights);
            }
            model.Training = new TrainingLoop(new PretrainingTask(model, corpus, _options, _runtime, type, validation), _checkpoints, progress, checkAlive).Run();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
