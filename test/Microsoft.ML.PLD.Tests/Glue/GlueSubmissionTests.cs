using System.IO.Compression;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class GlueSubmissionTests
{
    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    [TestMethod]
    public void FilesHaveTheOfficialNamesAndPredictions()
    {
        var all = GlueTasks.All.SelectMany(task => task.Submissions, (task, file) => Predictions(task.Name, file.Split, row => row % 2)).ToArray();
        GlueSubmission.Write(_folder["all.zip"], all);
        var files = Read("all.zip");
        CollectionAssert.AreEquivalent(GlueTasks.All.SelectMany(task => task.Submissions).Select(file => file.Name).ToArray(), files.Keys.ToArray());
        foreach (var file in GlueTasks.All.SelectMany(task => task.Submissions))
        {
            Assert.HasCount(file.Rows + 1, files[file.Name]);
            Assert.AreEqual("index\tprediction", files[file.Name][0]);
        }
        foreach (var name in new[] { "CoLA", "SST-2", "MRPC", "QQP", "STS-B", "WNLI" }) Assert.AreEqual("1\t1", files[$"{name}.tsv"][2], name);
        foreach (var name in new[] { "MNLI-m", "MNLI-mm", "AX" }) Assert.AreEqual("1\tentailment", files[$"{name}.tsv"][2], name);
        foreach (var name in new[] { "QNLI", "RTE" }) Assert.AreEqual("1\tnot_entailment", files[$"{name}.tsv"][2], name);
    }

    [TestMethod]
    public void ScoresAreInRangeAndWhole()
    {
        GlueSubmission.Write(_folder["one.zip"], [Predictions("STS-B", GlueSplit.Test, row => row switch { 0 => -0.3f, 1 => 5.2f, 2 => 3.1415927f, _ => 2.5f })]);
        CollectionAssert.AreEqual(new[] { "index\tprediction", "0\t0", "1\t5", "2\t3.1415927", "3\t2.5" }, Read("one.zip")["STS-B.tsv"][..5]);
    }

    [TestMethod]
    public void TheSamePredictionsMakeTheSameArchive()
    {
        GluePredictions[] both = [Predictions("WNLI", GlueSplit.Test, _ => 1), Predictions("AX", GlueSplit.Test, row => row % 3)];
        GlueSubmission.Write(_folder["a.zip"], both);
        GlueSubmission.Write(_folder["b.zip"], both.Reverse());
        CollectionAssert.AreEqual(File.ReadAllBytes(_folder["a.zip"]), File.ReadAllBytes(_folder["b.zip"]));
    }

    [TestMethod]
    public void WrongPredictionsAreRefusedAndTheOldArchiveStays()
    {
        var path = _folder["old.zip"];
        File.WriteAllText(path, "old");
        var wnli = Predictions("WNLI", GlueSplit.Test, _ => 0);
        Refused("There are 145 predictions for WNLI.tsv; expected 146", wnli with { Values = [.. wnli.Values.Skip(1)] });
        Refused("The predictions for WNLI.tsv come twice", wnli, wnli);
        Refused("The Dev split of WNLI is not submitted; expected Test.", wnli with { Split = GlueSplit.Dev });
        Refused("A prediction for WNLI is 2; expected the number of a class, 0 to 1.", Predictions("WNLI", GlueSplit.Test, row => row == 7 ? 2 : 0));
        Refused("A prediction for AX is -1; expected the number of a class, 0 to 2.", Predictions("AX", GlueSplit.Test, _ => -1));
        Refused("A prediction for AX is 0.5", Predictions("AX", GlueSplit.Test, _ => 0.5f));
        Refused("A prediction for AX is NaN", Predictions("AX", GlueSplit.Test, _ => float.NaN));
        Refused("A prediction for STS-B is NaN; expected a score from 0 to 5.", Predictions("STS-B", GlueSplit.Test, _ => float.NaN));
        Refused("There are no predictions to write.");

        void Refused(string part, params GluePredictions[] predictions)
        {
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => GlueSubmission.Write(path, predictions)).Message, part);
            Assert.AreEqual("old", File.ReadAllText(path));
            Assert.HasCount(1, Directory.GetFiles(Path.GetDirectoryName(path)!));
        }
    }

    private static GluePredictions Predictions(string name, GlueSplit split, Func<int, float> value)
    {
        var task = GlueTasks.ByName(name);
        return new GluePredictions(task, split, [.. Enumerable.Range(0, task.Submissions.Single(file => file.Split == split).Rows).Select(value)]);
    }

    private Dictionary<string, string[]> Read(string name)
    {
        using var archive = ZipFile.OpenRead(_folder[name]);
        return archive.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using var reader = new StreamReader(entry.Open());
            return reader.ReadToEnd().TrimEnd('\n').Split('\n');
        });
    }
}
