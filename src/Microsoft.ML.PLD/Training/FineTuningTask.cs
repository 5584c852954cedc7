using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Training of a <see cref="BertClassifier"/> on labelled texts.</summary>
internal sealed class FineTuningTask : ITrainingTask
{
    private readonly BertClassifier _classifier;
    private readonly FineTuningOptions _options;
    private readonly torch.ScalarType _type;
    private readonly IReadOnlyList<TokenizedText> _texts;
    private readonly IReadOnlyList<int> _classes;
    private readonly int[] _lengths;

    /// <param name="classifier">Changed in place.</param>
    /// <param name="texts">The training rows.</param>
    /// <param name="classes">The class of each, from 0.</param>
    /// <param name="options">How to learn.</param>
    /// <param name="runtime">Tells how a batch is cut.</param>
    /// <param name="type">The type of activations.</param>
    public FineTuningTask(
        BertClassifier classifier, IReadOnlyList<TokenizedText> texts, IReadOnlyList<int> classes, FineTuningOptions options, RuntimeOptions runtime, torch.ScalarType type)
    {
        (_classifier, _options, _type, _texts, _classes) = (classifier, options, type, texts, classes);
        _lengths = [.. texts.Select(text => text.Ids.Length)];
        Steps = options.StepsFor(texts.Count);
        Cut = runtime.Cut(classifier.Weights.Device, Math.Min(options.BatchSize, texts.Count), (int)_lengths.Average());
        Runtime = runtime.Values(classifier.Weights.Device, type, Cut);
        Options = OptionValues.Of(options with { Seed = options.RunSeed, Steps = Steps }, without: [nameof(options.Epochs), "Optimizer.MaxSkippedSteps"])
            .Concat(OptionValues.Of(classifier.Config, "Config"))
            .Concat(OptionValues.OfPlans(options.LayerSchedule, Steps, classifier.Config.Layers, options.RunSeed))
            .Append(new("Classes", $"{classifier.Classes}"))
            .Append(new("Data", Fingerprint(texts, classes)))
            .ToDictionary();
    }

    public string Stage => "Fine-tuning";
    public long Steps { get; }
    public ParameterStore Weights => _classifier.Weights;
    public NetworkDescription Network => new(_classifier.Config, _classifier.Tokenizer, NetworkDescription.Classification);
    public AdamWOptions Optimizer => _options.Optimizer;
    public LearningRateSchedule LearningRate => _options.LearningRate;
    public IReadOnlyDictionary<string, string> Options { get; }
    public IReadOnlyDictionary<string, string> Runtime { get; }
    public StepCut Cut { get; }

    private long StepsPerEpoch => (_texts.Count - 1) / _options.BatchSize + 1;

    public MemoryEstimate Memory(bool keepsCheckpoints)
    {
        var length = _lengths.Max();
        var batch = new MicroBatchShape(
            Cut.MicroBatchSize, length, OutputsPerRow: _classifier.Pooling == Pooling.Cls ? 1 : length, Predictions: 0,
            HasDropout: _options.HiddenDropout > 0 || _options.AttentionDropout > 0);
        return MemoryEstimate.Of(Weights, _classifier.Config, _type, Cut, Math.Min(_options.BatchSize, _texts.Count), batch, keepsCheckpoints);
    }

    public void Initialize()
    {
    }

    public IEnumerable<StepBatch> From(long step, int microBatchSize)
    {
        for (var (epoch, first) = Math.DivRem(step, StepsPerEpoch); ; epoch++, first = 0)
            foreach (var rows in LengthBuckets.Batches(_lengths, _options.BatchSize, _options.RunSeed, epoch).Skip((int)first))
            {
                var plan = _options.LayerSchedule.PlanAt(step, Steps, _classifier.Config.Layers, _options.RunSeed);
                yield return new StepBatch(plan, Losses(step++, rows, microBatchSize, plan), rows.Sum(row => (long)_lengths[row]));
            }
    }

    public long DataPosition(long step)
    {
        var (epoch, inEpoch) = Math.DivRem(step, StepsPerEpoch);
        return epoch * _texts.Count + Math.Min(inEpoch * _options.BatchSize, _texts.Count);
    }

    public (double Loss, double Accuracy)? Validate(long stepsDone) => null;

    private MicroBatchLoss[] Losses(long step, int[] rows, int microBatchSize, LayerPlan plan) =>
        [.. rows.Chunk(microBatchSize).Select((part, index) => (MicroBatchLoss)(recomputation =>
        {
            var dropout = Dropout.For(_options.HiddenDropout, _options.AttentionDropout, _options.RunSeed, step, index * microBatchSize, part.Length, _classifier.Weights.Device);
            var logits = _classifier.Logits([.. part.Select(row => _texts[row])], plan, _type, dropout, recomputation);
            var classes = torch.tensor([.. part.Select(row => (long)_classes[row])], device: _classifier.Weights.Device);
            // Divided by the rows of the whole step, so that the sum over micro-batches is the step's mean.
            return torch.nn.functional.cross_entropy(logits, classes, reduction: torch.nn.Reduction.Sum).DividedBy(rows.Length);
        }))];

    private static string Fingerprint(IReadOnlyList<TokenizedText> texts, IReadOnlyList<int> classes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var row = 0; row < texts.Count; row++)
        {
            hash.AppendData(MemoryMarshal.AsBytes<int>([texts[row].Ids.Length, classes[row]]));
            hash.AppendData(MemoryMarshal.AsBytes<int>(texts[row].Ids));
        }
        return $"{texts.Count} rows, SHA-256 {Convert.ToHexStringLower(hash.GetHashAndReset())[..16]}";
    }
}
