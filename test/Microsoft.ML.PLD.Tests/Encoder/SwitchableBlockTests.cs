using System.Text.Json;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Post-LN layer outputs against the constants of PyTorch's own test suite.</summary>
[TestClass]
public sealed class SwitchableBlockTests
{
    [TestMethod]
    public void PostNormOutputsEqualPyTorchs()
    {
        using var fixture = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "encoder-layer", "pytorch_encoder_layer.json")));
        var cases = fixture.RootElement.GetProperty("cases").EnumerateArray().ToArray();
        Assert.HasCount(8, cases);
        foreach (var one in cases)
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            var (rows, length, input) = Rows(one.GetProperty("input"));
            var expected = Rows(one.GetProperty("expected")).Values;
            var ignored = one.GetProperty("key_padding_mask").EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(key => key.GetInt32() == 1).ToArray();

            var config = new BertConfig
            {
                HiddenSize = 4, AttentionHeads = 2, IntermediateSize = 16, Layers = 1, LayerNormEpsilon = 1e-5, NormPlacement = NormPlacement.Post,
                Activation = one.GetProperty("activation").GetString() == "gelu" ? Activation.Gelu : Activation.Relu,
            };
            using var weights = new ParameterStore(torch.CPU, seed: 1);
            var block = new SwitchableBlock(weights, "layer", config);
            FillWithCosines(weights);

            var batch = new TokenBatch(new int[rows * length], null, null, rows, length, torch.CPU) { Padding = ignored };
            var actual = block.Apply(torch.tensor(input).view(-1, 4), batch, 1, ResidualScaling.Paper, dropout: null).data<float>().ToArray();
            for (var i = 0; i < expected.Length; i++)
                Assert.AreEqual(expected[i], actual[i], 2e-5, $"{one.GetProperty("name")} value {i}");
        }
    }

    // Every parameter p of PyTorch's layer holds p[i] = cos(i); the three input projections are thirds of one.
    private static void FillWithCosines(ParameterStore weights)
    {
        foreach (var (name, value) in weights.All)
        {
            var first = name.Contains("self.key") ? 1 : name.Contains("self.value") ? 2 : 0;
            var count = (int)value.numel();
            var cosines = Enumerable.Range(first * count, count).Select(i => (float)Math.Cos(i)).ToArray();
            value.copy_(torch.tensor(cosines).view(value.shape));
        }
    }

    private static (int Rows, int Length, float[] Values) Rows(JsonElement batch) => (
        batch.GetArrayLength(),
        batch[0].GetArrayLength(),
        [.. batch.EnumerateArray().SelectMany(row => row.EnumerateArray()).SelectMany(token => token.EnumerateArray()).Select(value => value.GetSingle())]);
}
