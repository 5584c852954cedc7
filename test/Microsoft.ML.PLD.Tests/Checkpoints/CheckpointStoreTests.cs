using CsCheck;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CheckpointStoreTests
{
    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("pld-store-").FullName, "checkpoints");

    [TestCleanup]
    public void Delete() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [TestMethod]
    public void WhatIsWrittenIsReadBitForBit()
    {
        using var model = TestModel.Make();
        using var optimizer = Moved(model);
        using var store = new CheckpointStore(_folder);
        var state = State(7) with { Validations = [new(3, 2.5, 0.25), new(6, double.NaN, 0)], Loss = 1.0 / 3, LossTrend = new LossTrend().With(0.1).With(0.7), SkippedSteps = 2 };
        var path = Write(store, model, optimizer, state);

        using var other = TestModel.Make();
        using var fresh = new AdamW(other.Weights.All);
        using var noGrad = torch.no_grad();
        foreach (var (_, weights) in other.Weights.All) weights.zero_();
        var found = store.Latest(Assert.Fail)!;
        found.Restore(other.Description, other.Weights, fresh);
        Assert.AreEqual(path, found.Path);
        TestModel.AssertSameBits(model.Weights, other.Weights);
        foreach (var (theirs, ours) in optimizer.State.Zip(fresh.State))
        {
            Assert.AreEqual((theirs.Name, theirs.Steps), (ours.Name, ours.Steps));
            CollectionAssert.AreEqual(theirs.FirstMoment.data<float>().ToArray(), ours.FirstMoment.data<float>().ToArray());
            CollectionAssert.AreEqual(theirs.SecondMoment.data<float>().ToArray(), ours.SecondMoment.data<float>().ToArray());
        }
        Assert.AreEqual((state.Step, state.Loss, state.LossTrend, state.SkippedSteps), (found.State.Step, found.State.Loss, found.State.LossTrend, found.State.SkippedSteps));
        CollectionAssert.AreEqual(state.Validations.ToArray(), found.State.Validations.ToArray());
        Assert.AreEqual(3, found.State.Best!.Step);
        CollectionAssert.AreEqual(state.Options.ToArray(), found.State.Options.ToArray());
    }

    [TestMethod]
    public void AnyChangeOfAnyFileIsFoundAndTheOneBeforeIsUsed()
    {
        using var model = TestModel.Make();
        using var optimizer = Moved(model);
        using var store = new CheckpointStore(_folder);
        Write(store, model, optimizer, State(1));
        var good = Write(store, model, optimizer, State(2));
        var files = Directory.EnumerateFiles(good).Select(file => Path.GetFileName(file)!).Order().ToArray();
        Assert.HasCount(9, files);
        // Of each file: bytes changed, cut off, put in, taken away; and the file itself taken away.
        Gen.Select(Gen.Int[0, files.Length - 1].Select(i => files[i]), Gen.Int[0, 4], Gen.Double[0, 1], Gen.Byte[1, 255]).Sample(
            (file, kind, place, change) =>
            {
                var path = Path.Combine(good, file);
                var bytes = File.ReadAllBytes(path);
                var at = (int)(place * (bytes.Length - 1));
                if (kind == 4) File.Delete(path);
                else File.WriteAllBytes(path, kind switch
                {
                    0 => [.. bytes[..at], (byte)(bytes[at] ^ change), .. bytes[(at + 1)..]],
                    1 => bytes[..at],
                    2 => [.. bytes[..at], change, .. bytes[at..]],
                    _ => [.. bytes[..at], .. bytes[(at + 1)..]],
                });
                var told = new List<string>();
                Assert.AreEqual(1, store.Latest(told.Add)!.State.Step, $"{file} {kind} {at}");
                StringAssert.Contains(told.Single(), "step 2 is damaged");
                Directory.Move(good + ".damaged", good);
                File.WriteAllBytes(path, bytes);
                Assert.AreEqual(2, store.Latest(Assert.Fail)!.State.Step);
            }, iter: 200, threads: 1);
    }

    [TestMethod]
    public void WhenAllAreDamagedNothingIsLoadedAndAllAreStillThere()
    {
        using var model = TestModel.Make();
        using var optimizer = Moved(model);
        using var store = new CheckpointStore(_folder);
        foreach (var step in new[] { 1, 2 }) File.Delete(Path.Combine(Write(store, model, optimizer, State(step)), "config.json"));
        for (var start = 0; start < 2; start++) // a supervisor starts it again: it must not begin from nothing
            StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => store.Latest(Assert.Fail)).Message, "None of the 2 checkpoints");
        CollectionAssert.AreEqual(new[] { "step-0000000001", "step-0000000002" }, Names());
    }

    [TestMethod]
    public void AFolderOfNoCheckpointsHasNone()
    {
        using var store = new CheckpointStore(_folder);
        foreach (var name in new[] { "step-", "step-x", "step--000000001", "other" }) Directory.CreateDirectory(Path.Combine(_folder, name));
        Assert.IsNull(store.Latest(Assert.Fail));
    }

    [TestMethod]
    public void TheNewestAndTheBestAreKept()
    {
        using var model = TestModel.Make();
        using var optimizer = Moved(model);
        using var store = new CheckpointStore(_folder);
        // The best of all has no checkpoint, since it could not be written: the best that has one stays.
        Validation[] validations = [new(1, 3, 0), new(2, 1, 0), new(3, double.NaN, 0), new(4, 2, 0), new(700, 0.5, 0)];
        foreach (var step in new[] { 1, 2, 3, 4, 5 }) store.Write(Snapshot.Take(State(step) with { Validations = validations }, model.Description, model.Weights, optimizer), keepLast: 2, keepBest: true);
        CollectionAssert.AreEqual(new[] { "step-0000000002", "step-0000000004", "step-0000000005" }, Names());
    }

    [TestMethod]
    public void WhatAKilledWriterLeftIsClearedAndWhatItWasReplacingComesBack()
    {
        using var model = TestModel.Make();
        using var optimizer = Moved(model);
        using (var store = new CheckpointStore(_folder))
            foreach (var step in new[] { 1, 2 }) Write(store, model, optimizer, State(step));
        Directory.CreateDirectory(Path.Combine(_folder, "step-0000000003.new-a.tmp", "within"));
        Directory.CreateDirectory(Path.Combine(_folder, "step-0000000002.new-b.tmp"));
        Directory.CreateDirectory(Path.Combine(_folder, "cache.tmp")); // not ours
        Directory.Move(Path.Combine(_folder, "step-0000000002"), Path.Combine(_folder, "step-0000000002.old-c.tmp"));
        using (var store = new CheckpointStore(_folder)) Assert.AreEqual(2, store.Latest(Assert.Fail)!.State.Step);
        CollectionAssert.AreEqual(new[] { "cache.tmp", "step-0000000001", "step-0000000002" }, Names());
    }

    [TestMethod]
    public void AStepThatIsWrittenAgainReplacesWhatIsThere()
    {
        using var model = TestModel.Make();
        using var optimizer = Moved(model);
        using var store = new CheckpointStore(_folder);
        Write(store, model, optimizer, State(1));
        Write(store, model, optimizer, State(1) with { Loss = 7 });
        Assert.AreEqual(7, store.Latest(Assert.Fail)!.State.Loss);
        CollectionAssert.AreEqual(new[] { "step-0000000001" }, Names());
    }

    [TestMethod]
    public void AFullDiskLeavesTheCheckpointsThatAreThere()
    {
        using var disk = SmallDisk.Mount(_folder, kilobytes: 150);
        using var model = TestModel.Make();
        using var optimizer = Moved(model);
        using var store = new CheckpointStore(_folder);
        var step = 1;
        for (; step < 100; step++)
            try
            {
                store.Write(Snapshot.Take(State(step), model.Description, model.Weights, optimizer), keepLast: 100, keepBest: false);
            }
            catch (IOException)
            {
                break;
            }
        Assert.IsInRange(2, 99, step);
        Assert.AreEqual(step - 1, store.Latest(Assert.Fail)!.State.Step);
        Assert.HasCount(step - 1, Names());
    }

    [TestMethod]
    public void AMillionValidationsDoNotMakeAStateThatCannotBeRead()
    {
        var state = State(1);
        for (var step = 1; step <= 5_000; step++) state = state.With(new(step, step == 700 ? 0.1 : 1 + 1.0 / step, 0.5));
        Assert.IsLessThanOrEqualTo(800, state.Validations.Count);
        Assert.AreEqual((700, 5_000), (state.Best!.Step, state.Validations[^1].Step));
        CollectionAssert.AllItemsAreUnique(state.Validations.ToArray());
        CollectionAssert.AreEqual(state.Validations.OrderBy(validation => validation.Step).ToArray(), state.Validations.ToArray());
    }

    [TestMethod]
    [DataRow("{}")]
    [DataRow("null")]
    [DataRow("[")]
    [DataRow("""{"version":2}""")]
    [DataRow("""{"stage":null,"step":1,"data_position":0,"vocabulary_sha256":"","options":{},"runtime":{},"micro_batch_size":1}""")]
    [DataRow("""{"stage":"a","step":-1,"data_position":0,"vocabulary_sha256":"","options":{},"runtime":{},"micro_batch_size":1}""")]
    [DataRow("""{"stage":"a","step":1,"data_position":0,"vocabulary_sha256":"","options":{},"runtime":{},"micro_batch_size":0}""")]
    [DataRow("""{"stage":"a","step":1,"data_position":0,"vocabulary_sha256":"","options":{"a":null},"runtime":{},"micro_batch_size":1}""")]
    [DataRow("""{"stage":"a","step":1,"data_position":0,"vocabulary_sha256":"","options":{},"runtime":{},"micro_batch_size":1,"validations":[null]}""")]
    [DataRow("""{"stage":"a","step":1,"data_position":0,"vocabulary_sha256":"","options":{},"runtime":{},"micro_batch_size":1,"more":1}""")]
    public void WhatIsNoStateIsRefused(string json) => StringAssert.Contains(
        Assert.ThrowsExactly<InvalidDataException>(() => TrainingState.Read(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(json)), "training.json")).Message, "'training.json'");

    private string[] Names() => [.. Directory.EnumerateDirectories(_folder).Select(path => Path.GetFileName(path)).Order()];

    private static string Write(CheckpointStore store, BertModel model, AdamW optimizer, TrainingState state)
    {
        using var snapshot = Snapshot.Take(state, model.Description, model.Weights, optimizer);
        return store.Write(snapshot, keepLast: 10, keepBest: false);
    }

    // Moments and counts that are not all the same.
    private static AdamW Moved(BertModel model)
    {
        var optimizer = new AdamW(model.Weights.All);
        using var scope = torch.NewDisposeScope();
        for (var step = 0; step < 3; step++)
            optimizer.Step(1e-3, [.. model.Weights.All.Select((weight, i) => i % 3 < step ? Array.Empty<torch.Tensor>() : [torch.ones_like(weight.Value).mul(i + 1)])]);
        return optimizer;
    }

    private static TrainingState State(long step) => new()
    {
        Stage = "Pre-training",
        Step = step,
        DataPosition = step * 3,
        VocabularySha256 = "abc",
        Options = new Dictionary<string, string> { ["A"] = "1", ["B.C"] = "\"\u00e9\n" },
        Runtime = new Dictionary<string, string>(),
        MicroBatchSize = 5,
    };
}
