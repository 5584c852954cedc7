using Microsoft.ML.Data;

namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>The code of docs/reliability.md and docs/distributed.md.</summary>
[TestClass]
[DoNotParallelize]
public sealed class ReliabilityPage : DocumentPage
{
    [TestMethod]
    public void Checkpoints()
    {
        #region checkpoints
        var options = new PldBertEstimator.Options
        {
            Pretraining = new() { Steps = 1_000_000 },
            Checkpoints = new() { Folder = "checkpoints", ResumeFrom = CheckpointOptions.Latest },
        };
        #endregion

        var mlContext = new MLContext(seed: 1);
        IDataView texts = mlContext.Data.LoadFromTextFile("texts.txt", [new TextLoader.Column("Text", DataKind.String, 0)]);
        for (var start = 0; start < 2; start++) mlContext.Transforms.PldBert("Features", "Text", options).Fit(texts).Dispose();
        Assert.IsNotEmpty(Directory.GetDirectories("checkpoints", "step-*"));
    }

    [TestMethod]
    public void SeveralProcesses()
    {
        using var small = SmallModel();
        var tokenizer = small.Tokenizer;
        CorpusBuilder.Build(File.ReadLines("texts.txt"), tokenizer, "shards").Dispose();
        var pretrainer = new BertPretrainer(small, new() { Steps = 1, BatchSize = 2, SequenceLength = 12, ValidationSequences = 2 });

        #region ranks
        using var model = pretrainer.Train("shards", tokenizer, new ConsoleProgress());   // on all ranks; rank 0 reports
        if (DistributedJob.IsFirst) model.SavePretrained("model");
        #endregion

        Assert.IsTrue(File.Exists("model/model.safetensors"));
    }
}
