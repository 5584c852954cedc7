using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Small models of odd sizes in which every weight is a number of its own.</summary>
internal static class TestModel
{
    public static readonly BertConfig Config = new()
    {
        VocabularySize = CorpusFolder.Letters.Count, HiddenSize = 12, Layers = 2, AttentionHeads = 3, IntermediateSize = 19, MaxPositions = 11,
    };

    public static BertModel Make(BertConfig? config = null, bool nextSentence = false, bool lowerCase = true, WordPieceVocabulary? vocabulary = null)
    {
        vocabulary ??= CorpusFolder.Letters;
        config = (config ?? Config) with { VocabularySize = vocabulary.Count };
        var model = new BertModel(config, new WordPieceTokenizer(vocabulary, lowerCase), nextSentence, torch.CPU, seed: 3);
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        foreach (var (_, weights) in model.Weights.All) // biases and norms are constant at first
            weights.add_(torch.arange(weights.numel(), torch.float32).add(weights.numel()).sin().mul(0.1).view(weights.shape));
        return model;
    }

    public static float[] Embed(BertModel model, Pooling pooling = Pooling.Mean) =>
        model.Embed([.. new[] { "a Cat sat.", "", "1, 2, 3!" }.Select(text => model.Tokenizer.Encode(text, maxLength: model.Config.MaxPositions))], pooling, torch.float32);

    /// <summary>The bits of every weight, by name.</summary>
    public static Dictionary<string, int[]> Bits(ParameterStore weights) =>
        weights.All.ToDictionary(weight => weight.Name, weight => weight.Value.data<float>().Select(BitConverter.SingleToInt32Bits).ToArray());

    public static void AssertSameBits(ParameterStore expected, ParameterStore actual)
    {
        var (theirs, ours) = (Bits(expected), Bits(actual));
        CollectionAssert.AreEqual(theirs.Keys.ToArray(), ours.Keys.ToArray());
        foreach (var (name, bits) in theirs) CollectionAssert.AreEqual(bits, ours[name], name);
    }
}
