using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Blocks that take over the weights of others, with what the optimizer knows of them.</summary>
[TestClass]
public sealed class BlockCopiesTests
{
    // 2 takes what 1 was, not what 1 becomes.
    private static readonly int[] Sources = [0, 0, 1, 1, 2];

    [TestMethod]
    [DataRow(CopiedState.Copied)]
    [DataRow(CopiedState.Reset)]
    public void EachBlockBecomesWhatItsSourceWasAndNothingElseMoves(CopiedState state)
    {
        using var network = new TestNetwork();
        using var step = new GradientStep(network.Weights, new());
        // Blocks 0, 1 and 2 know of updates, 1 of one more than the others.
        foreach (var blocks in new[] { 3, 2, 3 })
            step.Take(1e-2, [_ => network.Loss(new LayerPlan(5, Enumerable.Range(blocks == 2 ? 1 : 0, blocks == 2 ? 1 : 3).Select(block => new BlockRun(block, 1)), 1), torch.bfloat16)]);
        var (weights, known) = (Values(network.Weights.All.Select(weight => (weight.Name, (torch.Tensor)weight.Value))), Known(step.Optimizer));
        var outside = known["bert.embeddings.word_embeddings.weight"];

        step.Copy(new BlockCopies(Sources, state));

        var (newWeights, newKnown) = (Values(network.Weights.All.Select(weight => (weight.Name, (torch.Tensor)weight.Value))), Known(step.Optimizer));
        foreach (var name in weights.Keys)
        {
            var (block, source) = (SwitchableEncoder.BlockOf(name), name);
            if (block is { } number) source = SwitchableEncoder.BlockName(Sources[number]) + name[SwitchableEncoder.BlockName(number).Length..];
            CollectionAssert.AreEqual(weights[source], newWeights[name], name);
            var expected = source == name || state == CopiedState.Copied ? known[source] : (0, new float[weights[name].Length], new float[weights[name].Length]);
            Assert.AreEqual(expected.Steps, newKnown[name].Steps, name);
            CollectionAssert.AreEqual(expected.First, newKnown[name].First, name);
            CollectionAssert.AreEqual(expected.Second, newKnown[name].Second, name);
        }
        Assert.AreEqual(3, outside.Steps);
        foreach (var weight in network.Weights.All.Where(weight => weight.Copy is not null))
            CollectionAssert.AreEqual(Floats(weight.Value.to(torch.bfloat16)), Floats(weight.Copy!), $"the copy of {weight.Name}");
    }

    private static Dictionary<string, float[]> Values(IEnumerable<(string Name, torch.Tensor Value)> tensors) => tensors.ToDictionary(tensor => tensor.Name, tensor => Floats(tensor.Value));

    private static Dictionary<string, (long Steps, float[] First, float[] Second)> Known(AdamW optimizer) =>
        optimizer.State.ToDictionary(state => state.Name, state => (state.Steps, Floats(state.FirstMoment), Floats(state.SecondMoment)));

    private static float[] Floats(torch.Tensor tensor)
    {
        using var scope = torch.NewDisposeScope();
        return tensor.detach().to(torch.float32).cpu().data<float>().ToArray();
    }
}
