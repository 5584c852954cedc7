using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>A small pre-training on ranks, and how far apart two of them have come.</summary>
internal static class RankTraining
{
    public static BertModel Make(TestCorpus text, bool nextSentence) =>
        new(TestCorpus.Config with { VocabularySize = text.Tokenizer.Vocabulary.Count }, text.Tokenizer, nextSentence, torch.CPU, seed: 1);

    public static BertModel Pretrain(
        TestCorpus text, ICollective ranks, PretrainingOptions options, RuntimeOptions runtime, CheckpointOptions? checkpoints = null, IProgress<TrainingProgress>? progress = null, Action? checkAlive = null)
    {
        var model = Make(text, options.NextSentencePrediction);
        try
        {
            var type = runtime.Precision == Precision.BFloat16 ? torch.bfloat16 : torch.float32;
            new TrainingLoop(new PretrainingTask(model, text.Corpus, options, runtime, type, ranks: ranks), checkpoints ?? new(), progress, checkAlive).Run();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    public static double Distance(BertModel one, BertModel other) => Distance(one.Weights, other.Weights);

    /// <summary>The largest between two numbers; infinite where one is none.</summary>
    public static double Distance(ParameterStore one, ParameterStore other) => one.All.Zip(other.All).Max(pair =>
        pair.First.Value.data<float>().Zip(pair.Second.Value.data<float>(), (a, b) => double.IsNaN(a - b) ? double.PositiveInfinity : Math.Abs(a - b)).Max());
}
