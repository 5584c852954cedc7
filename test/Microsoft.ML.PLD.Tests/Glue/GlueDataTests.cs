namespace Microsoft.ML.PLD.Tests;

/// <summary>The official files, where they are: of all but WNLI the licences do not let them be part of the repository, and it would be too large.</summary>
[TestClass]
public sealed class GlueDataTests
{
    [TestMethod]
    [DataRow("CoLA", GlueSplit.Train, 8_551)]
    [DataRow("CoLA", GlueSplit.Dev, 1_043)]
    [DataRow("CoLA", GlueSplit.Test, 1_063)]
    [DataRow("SST-2", GlueSplit.Train, 67_349)]
    [DataRow("SST-2", GlueSplit.Dev, 872)]
    [DataRow("SST-2", GlueSplit.Test, 1_821)]
    [DataRow("MRPC", GlueSplit.Train, 3_668)]
    [DataRow("MRPC", GlueSplit.Dev, 408)]
    [DataRow("MRPC", GlueSplit.Test, 1_725)]
    [DataRow("STS-B", GlueSplit.Train, 5_749)]
    [DataRow("STS-B", GlueSplit.Dev, 1_500)]
    [DataRow("STS-B", GlueSplit.Test, 1_379)]
    [DataRow("QQP", GlueSplit.Test, 390_965)]
    [DataRow("MNLI", GlueSplit.Train, 392_702)]
    [DataRow("MNLI", GlueSplit.Dev, 9_815)]
    [DataRow("MNLI", GlueSplit.DevMismatched, 9_832)]
    [DataRow("MNLI", GlueSplit.Test, 9_796)]
    [DataRow("MNLI", GlueSplit.TestMismatched, 9_847)]
    [DataRow("QNLI", GlueSplit.Train, 104_743)]
    [DataRow("QNLI", GlueSplit.Dev, 5_463)]
    [DataRow("QNLI", GlueSplit.Test, 5_463)]
    [DataRow("RTE", GlueSplit.Train, 2_490)]
    [DataRow("RTE", GlueSplit.Dev, 277)]
    [DataRow("RTE", GlueSplit.Test, 3_000)]
    [DataRow("WNLI", GlueSplit.Train, 635)]
    [DataRow("WNLI", GlueSplit.Dev, 71)]
    [DataRow("WNLI", GlueSplit.Test, 146)]
    [DataRow("AX", GlueSplit.Test, 1_104)]
    public void OfficialFilesAreReadWhole(string name, GlueSplit split, int rows)
    {
        var task = GlueTasks.ByName(name);
        var folder = Roots().FirstOrDefault(root => GlueReader.Exists(task, split, root));
        if (folder is null)
        {
            Assert.Inconclusive($"The {split} split of {name} is not here: set GLUE_DIR to the folder with GLUE's data.");
            return;
        }
        var data = GlueReader.Read(task, split, folder);
        Assert.HasCount(rows, data.Examples);
        Assert.AreEqual(0, data.BrokenLines);
        var labels = data.Examples.Select(example => example.Label).Distinct().ToArray();
        if (split is GlueSplit.Test or GlueSplit.TestMismatched && task.Name != "AX") CollectionAssert.AreEqual(new float?[] { null }, labels);
        else if (task.Classes is { } classes) Assert.HasCount(classes.Count, labels);
        Assert.IsTrue(data.Examples.All(example => example.Sentence2 is not null == task.IsPair));
    }

    // A folder that GLUE_DIR names, that of the examples, and those beside the checkout.
    private static IEnumerable<string> Roots()
    {
        if (Environment.GetEnvironmentVariable("GLUE_DIR") is { Length: > 0 } named) yield return named;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            foreach (var name in new[] { "examples/data/glue", "shared/data/glue-research-only", "shared/data/glue" })
            {
                var candidate = Path.Combine(folder.FullName, name);
                if (Directory.Exists(candidate)) yield return candidate;
            }
        }
    }
}
