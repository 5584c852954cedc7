using TorchSharp;
using TorchSharp.Modules;

namespace Microsoft.ML.PLD.Tests;

[TestClass, TestCategory("Vectors")]
public sealed class AdamWTests
{
    private static readonly long[][] OddShapes = [[13, 7], [1], [65_537], [7], [3, 5, 11], [1, 1], [0]];

    public static IEnumerable<object[]> Kernels => [["vector"], ["torch"]];

    [TestMethod, DynamicData(nameof(Kernels))]
    public void StepsFollowThePapersFormulas(string kernel)
    {
        using var model = new Model([[2, 3]], seed: 1);
        var options = new AdamWOptions { WeightDecay = .1, MaxGradientNorm = 0 };
        using var optimizer = model.Optimizer(options, kernel);
        double[] w = model.Values(0), m = new double[6], v = new double[6];
        for (var t = 1; t <= 3; t++)
        {
            model.DrawGradients(t);
            var g = Doubles(model.Weights[0].grad!);
            var rate = .1 / t;
            for (var i = 0; i < 6; i++)
            {
                m[i] = .9 * m[i] + .1 * g[i];
                v[i] = .999 * v[i] + .001 * g[i] * g[i];
                w[i] -= rate * (.1 * w[i] + m[i] / (1 - Math.Pow(.9, t)) / (Math.Sqrt(v[i] / (1 - Math.Pow(.999, t))) + 1e-6));
            }

            var norm = optimizer.Step(rate);

            Assert.AreEqual(Math.Sqrt(g.Sum(x => x * x)), norm, 1e-6);
            AssertClose(w, model.Values(0), 1e-6);
        }
    }

    [TestMethod, DynamicData(nameof(Kernels))]
    public void WithoutBiasCorrectionTheFirstStepIsTheOneOfBertsCode(string kernel)
    {
        using var model = new Model([[1]], seed: 1);
        using var optimizer = model.Optimizer(new() { BiasCorrection = false }, kernel);
        var before = model.Values(0)[0];
        model.SetGradient(0, torch.tensor(new[] { .5f }));
        optimizer.Step(.01);
        Assert.AreEqual(before - .01 * .05 / (Math.Sqrt(.001 * .25) + 1e-6), model.Values(0)[0], 1e-6);
    }

    [TestMethod, DynamicData(nameof(Kernels))]
    public void FiftyStepsAreThoseOfLibtorchsAdamW(string kernel)
    {
        using var scope = torch.NewDisposeScope();
        using var ours = new Model(OddShapes, seed: 2);
        using var theirs = new Model(OddShapes, seed: 2);
        using var optimizer = ours.Optimizer(new() { WeightDecay = .05 }, kernel);
        var reference = torch.optim.AdamW(
            [
                new TorchSharp.Modules.AdamW.ParamGroup(theirs.Weights.Where(w => w.dim() > 1), new() { weight_decay = .05 }),
                new TorchSharp.Modules.AdamW.ParamGroup(theirs.Weights.Where(w => w.dim() <= 1), new() { weight_decay = 0 }),
            ], eps: 1e-6);
        var schedule = new LearningRateSchedule { Peak = .01, WarmupShare = .2 };
        for (var step = 0; step < 50; step++)
        {
            var rate = schedule.At(step, 50);
            ours.DrawGradients(step);
            theirs.DrawGradients(step);
            foreach (var group in reference.ParamGroups) group.LearningRate = rate;
            var norm = torch.nn.utils.clip_grad_norm_(theirs.Weights, 1);
            reference.step();

            Assert.AreEqual(norm, optimizer.Step(rate), 1e-5 * norm);
        }
        for (var i = 0; i < OddShapes.Length; i++) AssertClose(theirs.Values(i), ours.Values(i), 1e-6);
    }

    [TestMethod]
    public void OneThreadAndManyGiveTheSameBits()
    {
        long[][] shapes = [[300, 401], [13, 7], [65_537], [40_000, 4]];
        using Model one = new(shapes, seed: 3), many = new(shapes, seed: 3);
        using AdamW single = new(one.Named, kernel: new VectorAdamWKernel(threads: 1)), parallel = new(many.Named, kernel: new VectorAdamWKernel(threads: 5));
        for (var step = 0; step < 5; step++)
        {
            one.DrawGradients(step);
            many.DrawGradients(step);
            Assert.AreEqual(single.Step(.01), parallel.Step(.01));
        }
        for (var i = 0; i < shapes.Length; i++) CollectionAssert.AreEqual(one.Values(i), many.Values(i));
    }

    [TestMethod, DynamicData(nameof(Kernels))]
    public void EveryElementOfAnOddSizeIsTreatedAlike(string kernel)
    {
        using var weights = new Parameter(torch.full(65_537, .25f));
        using var optimizer = new AdamW([new Weight("w", weights)], kernel: KernelOf(kernel));
        for (var step = 0; step < 3; step++)
        {
            weights.grad = torch.full_like(weights, .001f);
            optimizer.Step(.01);
        }
        Assert.AreNotEqual(.25f, weights[0].item<float>());
        Assert.AreEqual(1, Doubles(weights).Distinct().Count());
    }

    [TestMethod, DynamicData(nameof(Kernels))]
    public void ClippingActsOnAllGradientsTogether(string kernel)
    {
        // After one update from zero moments, m is 0.1 times the clipped gradient: it shows the scale.
        using var model = new Model([[2], [1]], seed: 4);
        using var optimizer = model.Optimizer(new() { MaxGradientNorm = .5 }, kernel);
        model.SetGradient(0, torch.tensor(new[] { 3f, 0 }));
        model.SetGradient(1, torch.tensor(new[] { 4f }));
        Assert.AreEqual(5, optimizer.Step(.01), 1e-6);
        var moments = optimizer.State.Select(state => Doubles(state.FirstMoment)).ToArray();
        AssertClose([.03, 0], moments[0], 1e-8);
        AssertClose([.04], moments[1], 1e-8);
    }

    [TestMethod, DynamicData(nameof(Kernels))]
    public void DroppedParametersAreLeftAloneBitForBit(string kernel)
    {
        using var model = new Model([[13, 7], [13, 7]], seed: 5);
        using var optimizer = model.Optimizer(new(), kernel);
        model.DrawGradients(0);
        optimizer.Step(.01);
        var before = Snapshot(optimizer, model, 1);

        model.DrawGradients(1);
        model.Weights[1].grad = null;
        optimizer.Step(.01);

        CollectionAssert.AreEqual(before, Snapshot(optimizer, model, 1));
        CollectionAssert.AreEqual(new long[] { 2, 1 }, optimizer.State.Select(state => state.Steps).ToArray());
    }

    [TestMethod, DynamicData(nameof(Kernels))]
    public void ADroppedBlocksBiasCorrectionFollowsItsOwnUpdates(string kernel)
    {
        using Model late = new([[13, 7]], seed: 6), fresh = new([[13, 7]], seed: 6);
        using AdamW dropped = late.Optimizer(new(), kernel), first = fresh.Optimizer(new(), kernel);
        for (var step = 0; step < 10; step++) dropped.Step(.01);
        late.DrawGradients(0);
        fresh.DrawGradients(0);
        Assert.AreEqual(first.Step(.01), dropped.Step(.01));
        CollectionAssert.AreEqual(fresh.Values(0), late.Values(0));
    }

    [TestMethod, DynamicData(nameof(Kernels))]
    public void DroppedParametersOnlyDecayWhereThatIsAskedFor(string kernel)
    {
        using var model = new Model([[13, 7], [13]], seed: 7);
        using var optimizer = model.Optimizer(new() { WeightDecay = .5, DroppedParameters = DroppedParameterRule.DecayOnly }, kernel);
        double[] matrix = model.Values(0), bias = model.Values(1);
        Assert.AreEqual(0, optimizer.Step(.1));
        AssertClose([.. matrix.Select(w => w * .95)], model.Values(0), 1e-7);
        CollectionAssert.AreEqual(bias, model.Values(1));
        Assert.IsTrue(optimizer.State.All(state => state.Steps == 0 && Doubles(state.FirstMoment).All(m => m == 0)));
    }

    [TestMethod]
    [DataRow("vector", float.NaN), DataRow("torch", float.NaN), DataRow("vector", float.PositiveInfinity), DataRow("torch", float.PositiveInfinity)]
    public void AGradientThatIsNotFiniteChangesNothing(string kernel, float culprit)
    {
        using var model = new Model([[13, 7], [3, 3]], seed: 8);
        using var optimizer = model.Optimizer(new() { DroppedParameters = DroppedParameterRule.DecayOnly }, kernel);
        model.DrawGradients(0);
        optimizer.Step(.01);
        var before = Snapshot(optimizer, model, 0);

        model.DrawGradients(1);
        using (torch.no_grad()) model.Weights[0].grad![12, 6] = culprit;
        var norm = optimizer.Step(.01);

        Assert.IsFalse(double.IsFinite(norm));
        CollectionAssert.AreEqual(before, Snapshot(optimizer, model, 0));
        Assert.IsTrue(optimizer.State.All(state => state.Steps == 1));
    }

    [TestMethod, DynamicData(nameof(Kernels))]
    public void ATransposedGradientIsReadInItsLogicalOrder(string kernel)
    {
        using Model straight = new([[13, 7]], seed: 9), transposed = new([[13, 7]], seed: 9);
        using AdamW expected = straight.Optimizer(new(), kernel), actual = transposed.Optimizer(new(), kernel);
        straight.DrawGradients(0);
        transposed.SetGradient(0, straight.Weights[0].grad!.t().contiguous().t());
        Assert.IsFalse(transposed.Weights[0].grad!.is_contiguous());
        Assert.AreEqual(expected.Step(.01), actual.Step(.01), 1e-6);
        AssertClose(straight.Values(0), transposed.Values(0), 1e-7);
    }

    [TestMethod]
    public void RateFactorsMultiplyTheRateByName()
    {
        using Model factored = new([[3, 3], [3, 3], [3, 3]], seed: 10), halved = new([[3, 3], [3, 3], [3, 3]], seed: 10);
        using var optimizer = new AdamW(factored.Named, rateFactor: name => name switch { "p0" => .5, "p1" => 0, _ => 1 });
        using var half = new AdamW(halved.Named);
        var frozen = factored.Values(1);
        factored.DrawGradients(0);
        halved.DrawGradients(0);
        optimizer.Step(.02);
        half.Step(.01);
        CollectionAssert.AreEqual(halved.Values(0), factored.Values(0));
        CollectionAssert.AreEqual(frozen, factored.Values(1));
    }

    [TestMethod, DynamicData(nameof(Kernels))]
    public void ARestoredOptimizerGoesOnAsIfNothingHadHappened(string kernel)
    {
        using Model straight = new(OddShapes, seed: 11), resumed = new(OddShapes, seed: 11);
        using AdamW uninterrupted = straight.Optimizer(new(), kernel), before = resumed.Optimizer(new(), kernel);
        for (var step = 0; step < 3; step++)
        {
            straight.DrawGradients(step);
            uninterrupted.Step(.01);
            resumed.DrawGradients(step);
            before.Step(.01);
        }
        using var after = resumed.Optimizer(new(), kernel);
        after.Restore(before.State.Reverse());
        straight.DrawGradients(3);
        resumed.DrawGradients(3);
        Assert.AreEqual(uninterrupted.Step(.01), after.Step(.01));
        for (var i = 0; i < OddShapes.Length; i++)
            CollectionAssert.AreEqual(Snapshot(uninterrupted, straight, i), Snapshot(after, resumed, i));
    }

    [TestMethod]
    public void AStateOfAnotherModelIsRefusedWithEveryReason()
    {
        using Model model = new([[2, 3], [4]], seed: 12), other = new([[3, 2]], seed: 12);
        using AdamW optimizer = model.Optimizer(new(), "vector"), stranger = new([new Weight("p0", other.Weights[0]), new Weight("extra", new Parameter(torch.zeros(1)))]);
        var refusal = Assert.ThrowsExactly<ArgumentException>(() => optimizer.Restore(stranger.State));
        StringAssert.Contains(refusal.Message, "'p0' has moments of [3, 2] and [3, 2], expected [2, 3]");
        StringAssert.Contains(refusal.Message, "'p1' is missing");
        StringAssert.Contains(refusal.Message, "'extra' is unknown to this model");
    }

    [TestMethod, DynamicData(nameof(Kernels))]
    public void GradientsOfSeveralMicroBatchesAddUpWhateverTheirType(string kernel)
    {
        using var one = new Model([[13, 7], [5]], seed: 3);
        using var parts = new Model([[13, 7], [5]], seed: 3);
        using AdamW expected = one.Optimizer(new(), kernel), actual = parts.Optimizer(new(), kernel);
        for (var step = 0; step < 3; step++)
        {
            // Sums of small integers are exact in every type.
            torch.Tensor Draw(long[] shape, torch.ScalarType type) => torch.randint(-8, 9, shape).to(type);
            torch.Tensor[][] gradients = [[Draw([13, 7], torch.bfloat16), Draw([13, 7], torch.float32), Draw([13, 7], torch.bfloat16)], step == 1 ? [] : [Draw([5], torch.bfloat16)]];
            for (var i = 0; i < 2; i++)
                one.Weights[i].grad = gradients[i].Length == 0 ? null : gradients[i].Select(gradient => gradient.to(torch.float32)).Aggregate((sum, next) => sum + next);
            Assert.AreEqual(expected.Step(.01), actual.Step(.01, gradients));
            for (var i = 0; i < 2; i++) CollectionAssert.AreEqual(one.Values(i), parts.Values(i));
        }
    }

    // The shape is larger than a chunk of the kernel's, whose ends lie within rows.
    [TestMethod, DynamicData(nameof(Kernels))]
    public void SparseGradientsAreThoseRowsAndZerosElsewhere(string kernel)
    {
        using var scope = torch.NewDisposeScope();
        long[] shape = [10_007, 7];
        foreach (var withDense in new[] { false, true })
        {
            using Model one = new([shape], seed: 3), parts = new([shape], seed: 3);
            using AdamW expected = one.Optimizer(new(), kernel), actual = parts.Optimizer(new(), kernel);
            for (var step = 0; step < 3; step++)
            {
                torch.Tensor Rows(int every) // sums of small integers are exact
                {
                    var rows = torch.arange(step, shape[0], every, torch.int64);
                    return torch.sparse_coo_tensor(rows.view(1, -1), torch.randint(-8, 9, [rows.shape[0], shape[1]]).to(torch.float32), shape);
                }
                torch.Tensor[] gradients = [Rows(3), .. withDense ? new[] { torch.randint(-8, 9, shape).to(torch.bfloat16) } : [], Rows(1_001)];
                one.Weights[0].grad = gradients.Select(gradient => (gradient.is_sparse ? gradient.to_dense() : gradient).to(torch.float32)).Aggregate((sum, next) => sum + next);
                Assert.AreEqual(expected.Step(.01), actual.Step(.01, [gradients]));
                CollectionAssert.AreEqual(one.Values(0), parts.Values(0));
            }
        }
    }

    [TestMethod, DynamicData(nameof(Kernels))]
    public void SparseRowsOutOfOrderOrTwiceAddUp(string kernel)
    {
        using var scope = torch.NewDisposeScope();
        using Model one = new([[5, 3]], seed: 3), other = new([[5, 3]], seed: 3);
        using AdamW expected = one.Optimizer(new(), kernel), actual = other.Optimizer(new(), kernel);
        var gradient = torch.sparse_coo_tensor(torch.tensor(new long[] { 4, 1, 4 }).view(1, 3), torch.ones(3, 3), [5, 3]);
        one.Weights[0].grad = gradient.to_dense();
        Assert.AreEqual(Math.Sqrt(15), actual.Step(.01, [[gradient]]), 1e-6);
        expected.Step(.01);
        CollectionAssert.AreEqual(one.Values(0), other.Values(0));
    }

    [TestMethod, DynamicData(nameof(Kernels))]
    public void CopiesFollowTheirMasters(string kernel)
    {
        using var weight = new Weight("p", new Parameter(torch.randn(13, 7)));
        using var idle = new Weight("q", new Parameter(torch.randn(3, 5)));
        var (copy, idleCopy) = (weight.In(torch.bfloat16), idle.In(torch.bfloat16));
        using var optimizer = new AdamW([weight, idle], new() { DroppedParameters = DroppedParameterRule.DecayOnly, WeightDecay = .5 }, kernel: KernelOf(kernel));
        optimizer.Step(.1, [[torch.randn(13, 7).to(torch.bfloat16)], []]);
        Assert.AreSame(copy, weight.In(torch.bfloat16));
        Assert.IsTrue(copy.Equals(weight.Value.to(torch.bfloat16)));
        Assert.IsTrue(idleCopy.Equals(idle.Value.to(torch.bfloat16)));
    }

    [TestMethod]
    public void ParametersThatCannotBeTrainedAreNamed()
    {
        using var half = new Parameter(torch.zeros(3, torch.bfloat16));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new AdamW([new Weight("head.bias", half)])).Message, "'head.bias' is BFloat16");
        using var fine = new Parameter(torch.zeros(3));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new AdamW([new Weight("a", fine), new Weight("a", half)])).Message, "named 'a'");
        Assert.ThrowsExactly<ArgumentException>(() => new AdamW([new Weight("a", fine), new Weight("b", fine)]));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new AdamW([new Weight("a", fine)], rateFactor: _ => double.NaN)).Message, "'a'");
    }

    [TestMethod]
    public void OptionsOutOfRangeAreAllNamed()
    {
        var problems = new AdamWOptions
        {
            Beta1 = 1,
            Beta2 = double.NaN,
            Epsilon = 0,
            WeightDecay = -1,
            MaxGradientNorm = double.PositiveInfinity,
            DroppedParameters = (DroppedParameterRule)9,
        }.Problems().ToArray();
        string[] names = ["Beta1", "Beta2", "Epsilon", "WeightDecay", "MaxGradientNorm", "DroppedParameters"];
        Assert.HasCount(names.Length, problems);
        foreach (var (name, problem) in names.Zip(problems)) StringAssert.StartsWith(problem, name + " is ");
        Assert.IsEmpty(new AdamWOptions().Problems());
        Assert.ThrowsExactly<ArgumentException>(() => new AdamW([], new() { Beta1 = 1 }));
    }

    private static IAdamWKernel KernelOf(string name) => name == "vector" ? new VectorAdamWKernel() : new TorchAdamWKernel();

    private static double[] Doubles(torch.Tensor tensor) => [.. tensor.detach().flatten().to(torch.float64).data<double>()];

    private static double[] Snapshot(AdamW optimizer, Model model, int parameter)
    {
        var state = optimizer.State.ElementAt(parameter);
        return [.. model.Values(parameter), .. Doubles(state.FirstMoment), .. Doubles(state.SecondMoment), state.Steps];
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.HasCount(expected.Length, actual);
        for (var i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], actual[i], tolerance * Math.Max(1, Math.Abs(expected[i])), $"element {i}");
    }

    /// <summary>Parameters p0, p1, ... and gradients that depend on nothing but seed and step.</summary>
    private sealed class Model(long[][] shapes, ulong seed) : IDisposable
    {
        public Parameter[] Weights { get; } = [.. shapes.Select((shape, i) => new Parameter(Normal(shape, seed, 0, i)))];

        public IEnumerable<Weight> Named => Weights.Select((weights, i) => new Weight($"p{i}", weights));

        public AdamW Optimizer(AdamWOptions options, string kernel) => new(Named, options, kernel: KernelOf(kernel));

        public void DrawGradients(int step)
        {
            for (var i = 0; i < Weights.Length; i++) SetGradient(i, Normal(shapes[i], seed, step + 1, i));
        }

        public void SetGradient(int parameter, torch.Tensor gradient) => Weights[parameter].grad = gradient;

        public double[] Values(int parameter) => Doubles(Weights[parameter]);

        public void Dispose()
        {
            foreach (var weights in Weights) weights.Dispose();
        }

        private static torch.Tensor Normal(long[] shape, ulong seed, int step, int index)
        {
            TorchRuntime.EnsureLoaded();
            var stream = new RandomStream(seed, RandomPurpose.Initialization, step, index);
            var values = new float[shape.Aggregate(1L, (product, length) => product * length)];
            for (var i = 0; i < values.Length; i++) values[i] = (float)(stream.NextDouble() + stream.NextDouble() - 1);
            return torch.tensor(values).view(shape);
        }
    }
}
