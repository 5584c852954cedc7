using TorchSharp;
using TorchSharp.Modules;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>
/// The program that one would write with TorchSharp's own modules: float32, nn.TransformerEncoderLayer, its dropout, torch.optim.AdamW, and the decoder at
/// all positions, of which the loss ignores most.
/// </summary>
internal sealed class OrdinaryStep : torch.nn.Module, IDisposable
{
    private readonly StepShape _shape;
    private readonly Embedding _words, _positions;
    private readonly TransformerEncoder _encoder;
    private readonly Linear _transform, _decoder;
    private readonly LayerNorm _norm;
    private readonly TorchSharp.Modules.AdamW _optimizer;
    private readonly torch.Tensor _ids, _places, _labels;

    public OrdinaryStep(StepShape shape) : base(nameof(OrdinaryStep))
    {
        TorchRuntime.EnsureLoaded();
        _shape = shape;
        var config = shape.Config;
        _words = torch.nn.Embedding(config.VocabularySize, config.HiddenSize);
        _positions = torch.nn.Embedding(shape.SequenceLength, config.HiddenSize);
        using var layer = torch.nn.TransformerEncoderLayer(config.HiddenSize, config.AttentionHeads, config.IntermediateSize, shape.Dropout, torch.nn.Activations.GELU);
        _encoder = torch.nn.TransformerEncoder(layer, config.Layers);
        _transform = torch.nn.Linear(config.HiddenSize, config.HiddenSize);
        _norm = torch.nn.LayerNorm(config.HiddenSize);
        _decoder = torch.nn.Linear(config.HiddenSize, config.VocabularySize);
        _decoder.weight = _words.weight!; // tied, as BERT's
        RegisterComponents();
        _optimizer = torch.optim.AdamW(parameters().DistinctBy(parameter => parameter.Handle), lr: 1e-4);

        // TransformerEncoder wants [S, B]. One position in seven is masked; -100 is ignored.
        _ids = torch.randint(5, config.VocabularySize, [shape.SequenceLength, shape.BatchSize], torch.int64);
        _places = torch.arange(shape.SequenceLength, torch.int64).unsqueeze(1);
        _labels = _ids.masked_fill(torch.rand(_ids.shape) > StepShape.MaskingRate, -100).view(-1);
    }

    /// <summary>A training step.</summary>
    public void Run()
    {
        using var scope = torch.NewDisposeScope();
        train();
        _optimizer.zero_grad();
        var x = _encoder.call(_words.call(_ids) + _positions.call(_places), null, null);
        var logits = _decoder.call(_norm.call(torch.nn.functional.gelu(_transform.call(x))));
        var loss = torch.nn.functional.cross_entropy(logits.view(-1, _shape.Config.VocabularySize), _labels, ignore_index: -100);
        loss.backward();
        torch.nn.utils.clip_grad_norm_(parameters(), 1);
        _optimizer.step();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _optimizer.Dispose();
            _ids.Dispose();
            _places.Dispose();
            _labels.Dispose();
        }
        base.Dispose(disposing);
    }
}
