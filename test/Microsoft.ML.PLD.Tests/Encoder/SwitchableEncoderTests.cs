using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>The properties of layer dropping that no earlier implementation tests.</summary>
[TestClass]
public sealed class SwitchableEncoderTests
{
    private static readonly NormPlacement[] Placements = Enum.GetValues<NormPlacement>();

    [TestMethod]
    public void ThetaOneIsBitIdenticalToDenseInValuesAndGradients()
    {
        foreach (var placement in Placements)
            foreach (var scaling in Enum.GetValues<ResidualScaling>())
            {
                using var network = new TestNetwork(placement);
                var plan = new ProgressiveLayerDrop(1, scaling: scaling).PlanAt(31, 100, 5, seed: 3);
                var (dense, dropped) = (network.Gradients(LayerPlan.Dense(5)), network.Gradients(plan));
                foreach (var name in dense.Keys) CollectionAssert.AreEqual(dense[name], dropped[name], $"{placement} {scaling} {name}");
            }
    }

    [TestMethod]
    public void EvaluationDoesNotDependOnTheScheduleThatTrained()
    {
        // There is no mode to forget: evaluation runs the dense plan, which is a function of the number of blocks alone.
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var network = new TestNetwork();
        var before = network.Hidden(LayerPlan.Dense(5)).data<float>().ToArray();
        network.Hidden(new ProgressiveLayerDrop(0.5).PlanAt(99, 100, 5, seed: 1));
        CollectionAssert.AreEqual(before, network.Hidden(LayerPlan.Dense(5)).data<float>().ToArray());
        CollectionAssert.AreEqual(LayerPlan.Dense(5).Runs.ToArray(), new DenseSchedule().PlanAt(99, 100, 5, 1).Runs.ToArray());
    }

    [TestMethod]
    public void ADroppedBlockGetsNoGradientAndAKeptOneDoes()
    {
        using var network = new TestNetwork();
        var gradients = network.Gradients(new LayerPlan(5, [new(0, 1.1), new(3, 1.5)], 0.4, ResidualScaling.Paper));
        for (var block = 0; block < 5; block++)
        {
            var ofBlock = gradients.Where(g => g.Key.StartsWith(SwitchableEncoder.BlockName(block), StringComparison.Ordinal)).ToArray();
            Assert.HasCount(16, ofBlock);
            foreach (var (name, gradient) in ofBlock) Assert.AreEqual(block is 0 or 3, gradient is not null, name);
        }
        Assert.IsTrue(gradients.Where(g => !g.Key.Contains(".layer.")).All(g => g.Value is not null));
    }

    [TestMethod]
    public void ADroppedBlockMakesNoTensors()
    {
        using var network = new TestNetwork();
        var made = Enumerable.Range(0, 6).Select(kept => TensorsMade(network, new LayerPlan(5, Enumerable.Range(0, kept).Select(b => new BlockRun(b, 1)), 1))).ToArray();
        var perBlock = made[1] - made[0];
        Assert.IsGreaterThan(10, perBlock);
        for (var kept = 1; kept <= 5; kept++) Assert.AreEqual(perBlock, made[kept] - made[kept - 1], $"{kept} blocks");

        static long TensorsMade(TestNetwork network, LayerPlan plan)
        {
            using var scope = torch.NewDisposeScope();
            var before = DisposeScopeManager.Statistics.TensorStatistics.CreatedInScopeCount;
            network.Encoder.Apply(TestNetwork.Batch(), plan, torch.float32);
            return DisposeScopeManager.Statistics.TensorStatistics.CreatedInScopeCount - before;
        }
    }

    [TestMethod]
    public void ADroppedBlockIsTheIdentity()
    {
        using var scope = torch.NewDisposeScope();
        using var network = new TestNetwork();
        var embeddings = network.Encoder.Embeddings.Apply(TestNetwork.Batch(), torch.float32, dropout: null);
        var nothing = network.Encoder.Apply(TestNetwork.Batch(), new LayerPlan(5, [], 0), torch.float32);
        CollectionAssert.AreEqual(embeddings.data<float>().ToArray(), nothing.data<float>().ToArray());
    }

    [TestMethod]
    public void PaperScalingMultipliesEachBranchAndBlockDeltaTheWholeChange()
    {
        // With x = 1 and f = identity as the facts have it, p = 1/2: the paper's gives 9, the whole block's change 1 + 2 * 3 = 7, dense 4.
        foreach (var placement in Placements)
        {
            using var scope = torch.NewDisposeScope();
            using var network = new TestNetwork(placement);
            var x = network.Encoder.Embeddings.Apply(TestNetwork.Batch(), torch.float32, dropout: null);
            var dense = Run(1, ResidualScaling.Paper);
            var delta = Run(2, ResidualScaling.BlockDelta);
            var paper = Run(2, ResidualScaling.Paper);
            Assert.IsTrue(torch.allclose(delta, x + 2 * (dense - x), 1e-5, 1e-5), $"{placement}: block delta");
            Assert.IsFalse(torch.allclose(paper, delta, 1e-3, 1e-3), $"{placement}: the two scalings differ");
            CollectionAssert.AreEqual(dense.data<float>().ToArray(), Run(1, ResidualScaling.None).data<float>().ToArray());

            torch.Tensor Run(double scale, ResidualScaling scaling) =>
                network.Encoder.Apply(TestNetwork.Batch(), new LayerPlan(5, [new(2, scale)], 0.2, scaling), torch.float32);
        }
    }

    [TestMethod]
    public void BlockDeltaIsUnbiasedOverTheGate()
    {
        using var scope = torch.NewDisposeScope();
        using var network = new TestNetwork();
        const double p = 0.5;
        var (kept, dropped) = (Run([new(2, 1 / p)]), Run([]));
        var dense = Run([new(2, 1)]);
        Assert.IsTrue(torch.allclose(dense, p * kept + (1 - p) * dropped, 1e-5, 1e-5));

        torch.Tensor Run(BlockRun[] runs) => network.Encoder.Apply(TestNetwork.Batch(), new LayerPlan(5, runs, 0.2, ResidualScaling.BlockDelta), torch.float32);
    }

    [TestMethod]
    public void GradientsAreThoseOfTheLossInEveryWeight()
    {
        // Along a random direction in each tensor: the difference quotient of the loss is the gradient's component.
        foreach (var placement in Placements)
            foreach (var scaling in new[] { ResidualScaling.Paper, ResidualScaling.BlockDelta })
            {
                using var network = new TestNetwork(placement);
                var plan = new LayerPlan(5, [new(0, 1.25), new(2, 1), new(4, 1.6)], 0.6, scaling);
                var gradients = network.Gradients(plan);
                foreach (var (name, weights) in network.Weights.All)
                {
                    if (gradients[name] is not { } gradient) continue;
                    using var scope = torch.NewDisposeScope();
                    using var noGrad = torch.no_grad();
                    var direction = torch.tensor(gradient).view(weights.shape);
                    var length = direction.norm().item<float>();
                    if (length < 1e-3) continue; // key biases: their true gradient is 0
                    var step = direction * (5e-3f / length);
                    weights.add_(step);
                    var above = network.Loss(plan).item<float>();
                    weights.sub_(step * 2);
                    var below = network.Loss(plan).item<float>();
                    weights.add_(step);
                    Assert.AreEqual(1, (above - below) / (0.01 * length), 0.05, $"{placement} {scaling} {name}");
                }
            }
    }

    [TestMethod]
    public void PaddingDoesNotChangeATextsVectors()
    {
        foreach (var placement in Placements)
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            using var network = new TestNetwork(placement);
            int[] text = [3, 1, 4, 1, 5];
            var alone = network.Encoder.Apply(new TokenBatch(text, null, null, 1, 5, torch.CPU), LayerPlan.Dense(5), torch.float32);
            var padded = network.Encoder.Apply(new TokenBatch([.. text, 9, 9, 2, 6, 5, 3, 5, 8, 9], null, [5, 7], 2, 7, torch.CPU), LayerPlan.Dense(5), torch.float32);
            Assert.IsTrue(torch.allclose(alone, padded.narrow(0, 0, 5), 1e-5, 1e-6), $"{placement}");
        }
    }

    [TestMethod]
    public void BFloat16IsNearFloat32()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var network = new TestNetwork();
        var (exact, rounded) = (network.Hidden(LayerPlan.Dense(5)), network.Hidden(LayerPlan.Dense(5), torch.bfloat16));
        Assert.AreEqual(torch.bfloat16, rounded.dtype);
        Assert.IsLessThan(0.15f, (exact - rounded.to(torch.float32)).abs().max().item<float>());
    }

    [TestMethod]
    public void WeightsAreAFunctionOfSeedAndName()
    {
        using var one = new TestNetwork(seed: 5);
        using var same = new TestNetwork(seed: 5);
        using var other = new TestNetwork(seed: 6);
        for (var i = 0; i < one.Weights.All.Count; i++)
            CollectionAssert.AreEqual(one.Weights.All[i].Value.data<float>().ToArray(), same.Weights.All[i].Value.data<float>().ToArray());
        Assert.AreNotEqual(one.Weights.All[0].Value.data<float>()[0], other.Weights.All[0].Value.data<float>()[0]);
        Assert.HasCount(one.Weights.All.Count, one.Weights.All.Select(weight => weight.Name).Distinct());
    }

    [TestMethod]
    public void APlanForAnotherDepthIsRefused()
    {
        using var network = new TestNetwork();
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => network.Encoder.Apply(TestNetwork.Batch(), LayerPlan.Dense(4), torch.float32)).Message,
            "The plan is for 4 blocks, the encoder has 5");
    }

    [TestMethod]
    public void OnlyWantedPositionsAreComputedAndTheyAreTheSame()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        foreach (var placement in Enum.GetValues<NormPlacement>())
            foreach (var plan in new[] { LayerPlan.Dense(5), new LayerPlan(5, [new(1, 1.5), new(3, 2)], 0.4, ResidualScaling.BlockDelta), new LayerPlan(5, [], 0) })
                foreach (var wanted in new int[][] { [0, 7, 14], [1, 2, 3, 9, 20], [6], [] })
                {
                    using var network = new TestNetwork(placement);
                    int[] ids = [.. Enumerable.Range(0, 21).Select(i => i * 5 % 37)];
                    var all = network.Encoder.Apply(new TokenBatch(ids, null, [7, 5, 1], 3, 7, torch.CPU), plan, torch.float32);
                    var batch = new TokenBatch(ids, null, [7, 5, 1], 3, 7, torch.CPU, wanted);
                    var some = network.Encoder.Apply(batch, plan, torch.float32);
                    Assert.AreEqual(3 * batch.OutputsPerRow, some.shape[0]);
                    Assert.AreEqual(Math.Max(1, wanted.CountBy(position => position / 7).Select(row => row.Value).DefaultIfEmpty(0).Max()), batch.OutputsPerRow);
                    var expected = all.index_select(0, torch.tensor(wanted, torch.int64));
                    Assert.IsTrue(some.index_select(0, batch.OutputRows(wanted)).allclose(expected, 1e-5, 1e-5), $"{placement} {plan.Runs.Count} [{string.Join(' ', wanted)}]");
                }
    }
}
