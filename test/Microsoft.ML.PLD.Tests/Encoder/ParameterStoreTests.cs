using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class ParameterStoreTests
{
    [TestMethod]
    public void CopyingTakesOverWhatFitsAndNamesTheRest()
    {
        using var source = Store(seed: 1, ("shared", [3, 5]), ("reshaped", [4]), ("theirs", [2]));
        using var target = Store(seed: 2, ("shared", [3, 5]), ("reshaped", [2, 2]), ("ours", [2]));
        var (theirs, before) = (TestModel.Bits(source), TestModel.Bits(target));
        CollectionAssert.AreEqual(new[] { "reshaped", "ours" }, target.CopyFrom(source).ToArray());

        var after = TestModel.Bits(target);
        CollectionAssert.AreEqual(theirs["shared"], after["shared"]);
        foreach (var kept in new[] { "reshaped", "ours" }) CollectionAssert.AreEqual(before[kept], after[kept], kept);
    }

    [TestMethod]
    public void CopyingLeavesTheSourceAloneAndMakesNoTensors()
    {
        using var source = Store(seed: 1, ("one", [3, 5]), ("two", [7]));
        using var target = Store(seed: 2, ("one", [3, 5]), ("two", [7]));
        var (theirs, live) = (TestModel.Bits(source), DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        using (torch.NewDisposeScope())
        {
            Assert.IsEmpty(target.CopyFrom(source));
            Assert.IsEmpty(target.CopyFrom(source));
        }
        Assert.AreEqual(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        foreach (var store in new[] { source, target })
            foreach (var (name, weights) in store.All)
            {
                Assert.IsFalse(weights.IsInvalid, name);
                Assert.IsTrue(weights.requires_grad, name);
                CollectionAssert.AreEqual(theirs[name], TestModel.Bits(store)[name], name);
            }
    }

    [TestMethod]
    public void ACopyIsIndependent()
    {
        using var source = Store(seed: 1, ("one", [6]));
        using var target = Store(seed: 2, ("one", [6]));
        target.CopyFrom(source);
        var theirs = TestModel.Bits(source);
        using (torch.no_grad()) target.All[0].Value.fill_(7);
        CollectionAssert.AreEqual(theirs["one"], TestModel.Bits(source)["one"]);
        target.Dispose();
        CollectionAssert.AreEqual(theirs["one"], TestModel.Bits(source)["one"]);
    }

    [TestMethod]
    public void WeightsOutliveTheScopeTheyWereMadeInAndAreFreedWithTheStore()
    {
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        ParameterStore store;
        using (torch.NewDisposeScope()) store = Store(seed: 1, ("one", [6]), ("two", [2, 3]));
        Assert.AreEqual(6, store.All[0].Value.numel());
        store.Dispose();
        store.Dispose();
        Assert.AreEqual(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.IsEmpty(store.All);
    }

    [TestMethod]
    public void ValuesHaveTheirDeviationAndDoNotDependOnWhatWasMadeBefore()
    {
        using var one = Store(seed: 5, ("first", [2]), ("weights", [100, 101]));
        using var two = Store(seed: 5, ("weights", [100, 101]));
        CollectionAssert.AreEqual(TestModel.Bits(one)["weights"], TestModel.Bits(two)["weights"]);
        var values = two.All[0].Value.data<float>().ToArray();
        Assert.AreEqual(0, values.Average(), 6 * 0.3 / 100);
        Assert.AreEqual(0.3, Math.Sqrt(values.Average(value => (double)value * value)), 0.01);
    }

    [TestMethod]
    public void ItTellsItsDeviceCountAndNames()
    {
        using var store = Store(seed: 1, ("one", [6]), ("two", [2, 3]));
        store.Constant("three", 2.5, 4);
        Assert.AreEqual(DeviceType.CPU, store.Device.type);
        Assert.AreEqual(16, store.Count);
        CollectionAssert.AreEqual(new[] { "one", "two", "three" }, store.All.Select(weight => weight.Name).ToArray());
        CollectionAssert.AreEqual(new[] { 2.5f, 2.5f, 2.5f, 2.5f }, store.Tensors["three"].data<float>().ToArray());
        Assert.IsTrue(store.All.All(weight => weight.Value.dtype == torch.float32 && weight.Value.device_type == DeviceType.CPU));
    }

    private static ParameterStore Store(ulong seed, params (string Name, long[] Shape)[] weights)
    {
        var store = new ParameterStore(torch.CPU, seed);
        foreach (var (name, shape) in weights) store.Normal(name, 0.3, shape);
        return store;
    }
}
