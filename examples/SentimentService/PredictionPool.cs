using Microsoft.Extensions.ObjectPool;
using Microsoft.ML;

namespace SentimentService;

/// <summary>Predictions from many threads by one loaded model: engines are lent out one by one, since an engine is for one thread at a time, and batches go through the model itself.</summary>
/// <remarks>What Microsoft.Extensions.ML's PredictionEnginePool does, without its watching of files. An engine costs little: all share the model's weights.</remarks>
internal sealed class PredictionPool : IDisposable
{
    private readonly MLContext _mlContext = new();
    private readonly ITransformer _model;
    private readonly ObjectPool<PredictionEngine<SentimentModel.ModelInput, SentimentModel.ModelOutput>> _engines;

    public PredictionPool(string path, int retained)
    {
        _model = SentimentModel.Load(_mlContext, path);
        _engines = new DefaultObjectPoolProvider { MaximumRetained = retained }.Create(new Policy(() => SentimentModel.CreateEngine(_mlContext, _model)));
        var engine = _engines.Get();
        Labels = SentimentModel.Labels(engine);
        engine.Predict(new() { Text = "The first prediction is slow: better now than for the first client." });
        _engines.Return(engine);
    }

    /// <summary>The labels' names, in the order of <see cref="SentimentModel.ModelOutput.Score"/>.</summary>
    public IReadOnlyList<string> Labels { get; }

    public SentimentModel.ModelOutput Predict(string text)
    {
        var engine = _engines.Get();
        try
        {
            return engine.Predict(new() { Text = text });
        }
        finally
        {
            _engines.Return(engine);
        }
    }

    /// <summary>All at once: the network scores them in batches, which costs much less than one by one.</summary>
    public IReadOnlyList<SentimentModel.ModelOutput> Predict(IEnumerable<string> texts)
    {
        var rows = _mlContext.Data.LoadFromEnumerable(texts.Select(text => new SentimentModel.ModelInput { Text = text }));
        return [.. _mlContext.Data.CreateEnumerable<SentimentModel.ModelOutput>(_model.Transform(rows), reuseRowObject: false)];
    }

    public void Dispose()
    {
        (_engines as IDisposable)?.Dispose();
        (_model as IDisposable)?.Dispose();
    }

    private sealed class Policy(Func<PredictionEngine<SentimentModel.ModelInput, SentimentModel.ModelOutput>> create) : PooledObjectPolicy<PredictionEngine<SentimentModel.ModelInput, SentimentModel.ModelOutput>>
    {
        public override PredictionEngine<SentimentModel.ModelInput, SentimentModel.ModelOutput> Create() => create();

        public override bool Return(PredictionEngine<SentimentModel.ModelInput, SentimentModel.ModelOutput> engine) => true;
    }
}
