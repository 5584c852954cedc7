namespace Microsoft.ML.PLD;

/// <summary>Pre-trains an encoder without ML.NET: a folder of token shards in, a <see cref="BertModel"/> out.</summary>
public sealed class BertPretrainer
{
    private readonly BertConfig _config;
    private readonly PretrainingOptions _options;
    private readonly RuntimeOptions _runtime;

    /// <summary>Checks the options; nothing runs yet.</summary>
    /// <param name="config">The architecture; its vocabulary size is set from the tokenizer's vocabulary.</param>
    /// <param name="options">How to train. Default: <see cref="PretrainingOptions"/>'s defaults.</param>
    /// <param name="runtime">Where and how to compute. Default: <see cref="RuntimeOptions"/>'s defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all of them.</exception>
    public BertPretrainer(BertConfig config, PretrainingOptions? options = null, RuntimeOptions? runtime = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        (_config, _options, _runtime) = (config, options ?? new(), runtime ?? new());
        OptionProblems.ThrowIfAny(nameof(BertPretrainer), [.. _config.Problems(), .. _runtime.Problems(), .. _options.Problems(), .. _options.Problems(_config)]);
    }

    /// <summary>Trains on a folder that <see cref="CorpusBuilder"/> wrote.</summary>
    /// <param name="corpusFolder">The folder of token shards.</param>
    /// <param name="tokenizer">The tokenizer that the shards were made with.</param>
    /// <param name="progress">Told of every step, on the training thread. Default: nobody.</param>
    /// <param name="cancellationToken">Stops before the next step.</param>
    /// <returns>The trained model, on the device it was trained on; yours to dispose of.</returns>
    /// <exception cref="InvalidDataException">The folder holds no shards, damaged ones, or ones of another vocabulary.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The device is not there, or training has diverged.</exception>
    public BertModel Train(
        string corpusFolder, WordPieceTokenizer tokenizer, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        using var corpus = TokenCorpus.Open(corpusFolder, tokenizer.Vocabulary);
        return Train(corpus, tokenizer, progress, cancellationToken.ThrowIfCancellationRequested);
    }

    internal BertModel Train(TokenCorpus corpus, WordPieceTokenizer tokenizer, IProgress<TrainingProgress>? progress, Action checkAlive)
    {
        var (device, type) = _runtime.Apply();
        var batchOptions = _options.Batches();
        var split = CorpusSplit.Of(corpus, _options.ValidationShare);
        var training = new PretrainingBatches(split.Training, tokenizer.Vocabulary, batchOptions, _options.RunSeed);
        var validation = new PretrainingBatches(split.Validation, tokenizer.Vocabulary, batchOptions with { BatchSize = _options.ValidationSequences }, _options.RunSeed, forValidation: true);

        var model = new BertModel(_config with { VocabularySize = tokenizer.Vocabulary.Count }, tokenizer, _options.NextSentencePrediction, device, _options.RunSeed);
        try
        {
            if (_options.FrequencyBias) model.MaskedLanguage.SetFrequencies(PieceFrequencies.Count(split.Training, tokenizer.Vocabulary.Count));
            var held = validation.Parts(0, _runtime.MicroBatchSize);
            new PretrainingLoop(model, training, held, _options, type).Run(_runtime, progress, checkAlive);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
