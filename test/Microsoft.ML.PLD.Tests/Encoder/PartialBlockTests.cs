using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Blocks that run in part, forward only, or again.</summary>
[TestClass]
public sealed class PartialBlockTests
{
    private static readonly NormPlacement[] Placements = Enum.GetValues<NormPlacement>();

    [TestMethod]
    [DataRow(SubsetOf.Sequences)]
    [DataRow(SubsetOf.Tokens)]
    public void WhatIsNotDrawnPassesByAndTheRestIsTheBlockOfThese(SubsetOf of)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        foreach (var placement in Placements)
        {
            using var network = new TestNetwork(placement);
            var subset = new RandomSubset(of, 0.6, Seed: 8, Step: 2);
            var plan = new LayerPlan(5, [new(0, 1), new(2, 1.7) { Subset = subset }], 1, ResidualScaling.Paper);
            var input = network.Encoder.Apply(TestNetwork.Batch(), new LayerPlan(5, [new(0, 1)], 1), torch.float32);
            var whole = network.Encoder.Apply(TestNetwork.Batch(), new LayerPlan(5, [new(0, 1), new(2, 1.7)], 1, ResidualScaling.Paper), torch.float32);
            var output = network.Encoder.Apply(TestNetwork.Batch(), plan, torch.float32);
            for (var row = 0; row < 3; row++)
            {
                var positions = of == SubsetOf.Tokens ? subset.Tokens(1, row, 7) : [.. Enumerable.Range(0, 7)];
                var isDrawn = of == SubsetOf.Tokens || subset.Sequences(1, 0, 3).Contains(row);
                for (var position = 0; position < 7; position++)
                {
                    var here = row * 7 + position;
                    var passes = AreSame(output[here], input[here]);
                    Assert.AreEqual(!isDrawn || !positions.Contains(position), passes, $"{placement} row {row}, position {position}");
                    if (of == SubsetOf.Sequences && isDrawn) Assert.IsTrue(output[here].allclose(whole[here], 1e-5, 1e-6), "a sequence does not depend on those beside it");
                }
            }
        }
    }

    [TestMethod]
    public void TokensThatAreDrawnAttendAmongThemselves()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var network = new TestNetwork();
        var subset = new RandomSubset(SubsetOf.Tokens, 0.6, Seed: 8, Step: 2);
        var plan = new LayerPlan(5, [new(2, 1) { Subset = subset }], 1);
        var drawn = subset.Tokens(0, 0, 7);
        int[] ids = [.. Enumerable.Range(0, 7).Select(i => i * 5 % 37)];
        torch.Tensor Output(int[] ids) => network.Encoder.Apply(new TokenBatch(ids, null, null, 1, 7, torch.CPU), plan, torch.float32);
        var before = Output(ids);
        var hidden = Enumerable.Range(0, 7).Except(drawn).First();
        ids[hidden] = 36;
        var after = Output(ids);
        foreach (var position in drawn) Assert.IsTrue(AreSame(before[position], after[position]), $"{position} saw {hidden}");
        Assert.IsFalse(AreSame(before[hidden], after[hidden]));
    }

    [TestMethod]
    public void WantedPositionsAreThoseOfThePlanWithoutThem()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        int[] ids = [.. Enumerable.Range(0, 21).Select(i => i * 5 % 37)];
        int[] wanted = [2, 8, 10, 20];
        using var network = new TestNetwork();
        foreach (var last in new BlockRun[]
        {
            new(4, 1.3) { Subset = new RandomSubset(SubsetOf.Sequences, 0.6, 1, 0) }, new(4, 1.3) { Subset = new RandomSubset(SubsetOf.Tokens, 0.6, 1, 0) }, new(4, 1.3) { IsForwardOnly = true },
        })
        {
            var plan = new LayerPlan(5, [new(0, 1), last], 1, ResidualScaling.Paper);
            var batch = new TokenBatch(ids, null, [7, 5, 7], 3, 7, torch.CPU, wanted);
            var all = network.Encoder.Apply(new TokenBatch(ids, null, [7, 5, 7], 3, 7, torch.CPU), plan, torch.float32);
            var some = network.Encoder.Apply(batch, plan, torch.float32).index_select(0, batch.OutputRows(wanted));
            Assert.IsTrue(some.allclose(all.index_select(0, torch.tensor(wanted, torch.int64)), 1e-5, 1e-6), $"{last}");
        }
    }

    [TestMethod]
    public void TheWayBackPassesByAForwardOnlyBlock()
    {
        foreach (var placement in Placements)
        {
            using var network = new TestNetwork(placement);
            LayerPlan Plan(bool forwardOnly) => new(5, [new(0, 1), new(1, 1.2) { IsForwardOnly = forwardOnly }, new(3, 1)], 1, ResidualScaling.Paper);
            using (torch.no_grad())
            {
                using var scope = torch.NewDisposeScope();
                Assert.IsTrue(AreSame(network.Hidden(Plan(true)), network.Hidden(Plan(false))), "values are exact");
            }
            var gradients = network.Gradients(Plan(true));
            Assert.IsTrue(gradients.Where(g => g.Key.StartsWith(SwitchableEncoder.BlockName(1), StringComparison.Ordinal)).All(g => g.Value is null));
            foreach (var block in new[] { 0, 3 })
                Assert.IsTrue(gradients.Where(g => g.Key.StartsWith(SwitchableEncoder.BlockName(block), StringComparison.Ordinal)).All(g => g.Value is not null));
            Assert.IsNotNull(gradients["bert.embeddings.word_embeddings.weight"]);
        }
    }

    [TestMethod]
    public void TheGradientIsThatOfTheIdentityThere()
    {
        // Below a forward-only block: as if the block added a constant.
        using var network = new TestNetwork();
        var plan = new LayerPlan(5, [new(0, 1), new(1, 1) { IsForwardOnly = true }], 1);
        const string name = "bert.encoder.layer.0.output.dense.bias";
        var passed = network.Gradients(plan)[name]!;
        using var scope = torch.NewDisposeScope();
        foreach (var (_, value) in network.Weights.All) value.grad = null;
        torch.Tensor input = network.Encoder.Apply(TestNetwork.Batch(), new LayerPlan(5, [new(0, 1)], 1), torch.float32), added;
        using (torch.no_grad()) added = network.Encoder.Apply(TestNetwork.Batch(), new LayerPlan(5, [new(0, 1), new(1, 1)], 1), torch.float32).sub(input);
        torch.nn.functional.cross_entropy(network.Head.Logits(input.add(added), torch.tensor([1L, 4, 8, 14])), torch.tensor([3L, 36, 0, 12])).backward();
        var expected = network.Weights.Tensors[name].grad!.data<float>().ToArray();
        for (var i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], passed[i], 1e-5f * Math.Max(1, Math.Abs(expected[i])));
    }

    [TestMethod]
    [DataRow("sequences")]
    [DataRow("tokens")]
    [DataRow("repeated")]
    public void GradientsOfPartialAndSharedBlocksEqualDifferenceQuotients(string what)
    {
        using var network = new TestNetwork();
        var plan = what switch
        {
            "sequences" => new LayerPlan(5, [new(0, 1), new(1, 1.4) { Subset = new RandomSubset(SubsetOf.Sequences, 0.6, 3, 0) }, new(2, 1)], 1, ResidualScaling.Paper),
            "tokens" => new LayerPlan(5, [new(0, 1), new(1, 1.4) { Subset = new RandomSubset(SubsetOf.Tokens, 0.6, 3, 0) }, new(2, 1)], 1, ResidualScaling.BlockDelta),
            _ => new LayerPlan(5, [new(0, 1), new(1, 1), new(1, 1), new(1, 1), new(2, 1)], 1),
        };
        var gradients = network.Gradients(plan);
        foreach (var name in new[] { "bert.encoder.layer.1.intermediate.dense.bias", "bert.encoder.layer.1.attention.self.value.weight", "bert.encoder.layer.0.output.dense.weight" })
        {
            var weights = network.Weights.Tensors[name];
            for (var index = 0; index < 3; index++)
            {
                double Shifted(float by)
                {
                    using var scope = torch.NewDisposeScope();
                    using var noGrad = torch.no_grad();
                    var flat = weights.view(-1);
                    var before = flat[index].item<float>();
                    flat[index] = torch.tensor(before + by);
                    var loss = network.Loss(plan).item<float>();
                    flat[index] = torch.tensor(before);
                    return loss;
                }
                const float h = 1e-2f;
                var quotient = (Shifted(h) - Shifted(-h)) / (2 * h);
                Assert.AreEqual(quotient, gradients[name]![index], 2e-3 + 0.02 * Math.Abs(quotient), $"{what} {name}[{index}]");
            }
        }
    }

    [TestMethod]
    public void ABlockThatRunsAgainDropsOtherActivations()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var network = new TestNetwork();
        var dropout = Dropout.For(0.5, 0, seed: 4, step: 0, firstRow: 0, rows: 3, torch.CPU);
        torch.Tensor Output(params int[] blocks) => network.Encoder.Apply(TestNetwork.Batch(), new LayerPlan(5, blocks.Select(block => new BlockRun(block, 1)), 1), torch.float32, dropout);
        // With weights that make a block's change a constant, what differs are the activations dropped.
        foreach (var (name, value) in network.Weights.All)
            if (name.StartsWith(SwitchableEncoder.BlocksName, StringComparison.Ordinal) && name.EndsWith("dense.weight", StringComparison.Ordinal)) value.zero_();
        var bias = network.Weights.Tensors["bert.encoder.layer.1.output.dense.bias"];
        bias.add_(torch.ones_like(bias));
        network.Weights.Tensors["bert.encoder.layer.1.attention.output.dense.bias"].zero_();
        var (none, once, twice) = (Output(), Output(1), Output(1, 1));
        Assert.IsFalse(once.sub(none).allclose(twice.sub(once), 1e-4, 1e-4));
    }

    private static bool AreSame(torch.Tensor a, torch.Tensor b) => a.eq(b).all().item<bool>();
}
