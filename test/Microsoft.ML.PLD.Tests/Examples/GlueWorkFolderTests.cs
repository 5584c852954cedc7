using Glue;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class GlueWorkFolderTests
{
    private static readonly TestCorpus Text = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("pld-glue-").FullName;

    [ClassCleanup]
    public static void DisposeText() => Text.Dispose();

    [TestCleanup]
    public void Cleanup() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void SettingAsideLosesNothing()
    {
        var work = new WorkFolder(_folder);
        Assert.IsEmpty(work.SetAside());
        for (var round = 1; round <= 2; round++)
        {
            new ResultStore(work.Results).Add(GlueRuns.Run("tiny", "MRPC", 1e-4, round, 0.8));
            File.WriteAllText(work.Predictions(GlueRuns.Key()), "{}");
            Directory.CreateDirectory(work.Checkpoints(GlueRuns.Key()));
            Assert.HasCount(3, work.SetAside());
            Assert.IsFalse(File.Exists(work.Results) || File.Exists(work.Predictions(GlueRuns.Key())) || Directory.Exists(work.Checkpoints(GlueRuns.Key())));
            Assert.IsTrue(Directory.Exists(work.Of("predictions")));
        }
        Assert.IsNotNull(new ResultStore(work.Of("results-old-1.jsonl")).Find(GlueRuns.Key(seed: 1)));
        Assert.IsNotNull(new ResultStore(work.Of("results-old-2.jsonl")).Find(GlueRuns.Key(seed: 2)));
        Assert.HasCount(1, Directory.GetFiles(work.Of("predictions-old-2")));
    }

    // Two steps of the smallest model: that the library's refusal is known by its words.
    [TestMethod]
    public void ACheckpointOfOtherOptionsIsDeletedAndTheRunBegunAnew()
    {
        var (own, said) = (Path.Combine(_folder, "run"), new List<string>());
        Train(seed: 1);
        Assert.AreEqual(0, StaleCheckpoint.FitAnew(() => Train(seed: 2), own, said.Add));
        Assert.Contains("is of a run with other options", said.Single());
        Assert.Contains("begins anew", said.Single());

        // And one that the disk has damaged.
        foreach (var weights in Directory.GetFiles(own, "model.safetensors", SearchOption.AllDirectories)) File.WriteAllText(weights, "{}");
        Assert.AreEqual(0, StaleCheckpoint.FitAnew(() => Train(seed: 2), own, said.Add));
        Assert.Contains("can be used", said[1]);

        int Train(ulong seed)
        {
            using var model = new BertPretrainer(TestCorpus.Config, TestCorpus.Options with { Steps = 2, Seed = seed }, TestCorpus.Runtime,
                new CheckpointOptions { Folder = own, ResumeFrom = CheckpointOptions.Latest }).Train(Text.Corpus, Text.Tokenizer, null, () => { });
            return 0;
        }
    }

    [TestMethod]
    public void OtherFailuresDeleteNothingAndComeOnce()
    {
        var tries = 0;
        Assert.ThrowsExactly<InvalidOperationException>(() => StaleCheckpoint.FitAnew<int>(() => Fail("Training has diverged."), _folder, _ => { }));
        Assert.AreEqual(1, tries);
        Assert.IsTrue(Directory.Exists(_folder));
        var own = Directory.CreateDirectory(Path.Combine(_folder, "run")).FullName;
        Assert.ThrowsExactly<InvalidOperationException>(() => StaleCheckpoint.FitAnew<int>(() => Fail("The checkpoint 'a' is of a run with other options"), own, _ => { }));
        Assert.AreEqual(3, tries, "anew once only");
        Assert.ThrowsExactly<InvalidDataException>(() => StaleCheckpoint.FitAnew<int>(() => throw new InvalidDataException("'train.tsv' is damaged"), own, _ => { }));

        int Fail(string message)
        {
            tries++;
            throw new InvalidOperationException(message);
        }
    }
}
