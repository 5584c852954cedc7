using System.Text;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>config.json of a Hugging Face folder.</summary>
internal sealed class ConfigTarget : FuzzTarget
{
    public override IReadOnlyList<FuzzSeed> Seeds { get; } =
    [
        .. new[] { BertConfig.Base, BertConfig.Mini with { NormPlacement = NormPlacement.Post }, SmallModel.Config with { EmbeddingNorm = false, Activation = Activation.Relu, InitializerRange = 0.1 } }
            .Select(config => new FuzzSeed(Encoding.UTF8.GetBytes(HuggingFaceConfig.From(new(config, new WordPieceTokenizer(SmallModel.Vocabulary), NetworkDescription.Pretraining)).ToJson()), new JsonFormat())),
    ];

    public override object? Parse(byte[] input) => HuggingFaceConfig.Parse(input, "config.json").Config;
}
