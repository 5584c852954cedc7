namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class GlueTasksTests
{
    [TestMethod]
    public void AllTenAreThere() =>
        Assert.AreEqual("CoLA SST-2 MRPC STS-B QQP MNLI QNLI RTE WNLI AX", string.Join(' ', GlueTasks.All));

    [TestMethod]
    public void NamesAreFoundInAnyCase()
    {
        foreach (var task in GlueTasks.All)
        {
            Assert.AreSame(task, GlueTasks.ByName(task.Name.ToLowerInvariant()));
            Assert.AreSame(task, GlueTasks.ByName(task.Name.ToUpperInvariant()));
        }
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => GlueTasks.ByName("SNLI")).Message,
            "There is no GLUE task 'SNLI'; expected CoLA, SST-2, MRPC, STS-B, QQP, MNLI, QNLI, RTE, WNLI or AX.");
        Assert.ThrowsExactly<ArgumentNullException>(() => GlueTasks.ByName(null!));
    }

    [TestMethod]
    public void MetricsAreTheOfficialOnes() => Assert.AreEqual(
        "CoLA MCC; SST-2 Acc; MRPC F1 Acc; STS-B Pearson Spearman; QQP F1 Acc; MNLI Acc; QNLI Acc; RTE Acc; WNLI Acc; AX MCC",
        string.Join("; ", GlueTasks.All.Select(task => $"{task} {string.Join(' ', task.Metrics)}")));

    [TestMethod]
    public void LearningRatesAreThePapers() => CollectionAssert.AreEqual(
        new double?[] { 5e-5, 7e-5, 9e-5, 7e-5, 2e-4, 3e-5, 9e-5, 7e-5, null, null }, GlueTasks.All.Select(task => task.PaperLearningRate).ToArray());

    [TestMethod]
    public void SubmissionsHaveTheOfficialNames() => CollectionAssert.AreEquivalent(
        new[] { "CoLA.tsv", "SST-2.tsv", "MRPC.tsv", "QQP.tsv", "STS-B.tsv", "MNLI-m.tsv", "MNLI-mm.tsv", "QNLI.tsv", "RTE.tsv", "WNLI.tsv", "AX.tsv" },
        GlueTasks.All.SelectMany(task => task.Submissions).Select(file => file.Name).ToArray());

    [TestMethod]
    public void TheTableIsConsistent()
    {
        foreach (var task in GlueTasks.All)
        {
            foreach (var file in task.Files)
            {
                Assert.AreEqual(file.Split is GlueSplit.Test or GlueSplit.TestMismatched && !file.Path.EndsWith("-full.tsv", StringComparison.Ordinal), file.Label is null, file.Path);
                Assert.AreEqual(task.IsPair, file.Sentence2 is not null, file.Path);
            }
            foreach (var submission in task.Submissions) CollectionAssert.Contains(task.Splits.ToArray(), submission.Split);
            Assert.AreEqual(task.Name == "STS-B", task.Classes is null);
            Assert.AreEqual(task.Name is not ("CoLA" or "SST-2"), task.IsPair);
        }
        Assert.HasCount(GlueTasks.All.SelectMany(task => task.Files).Count(), GlueTasks.All.SelectMany(task => task.Files).Select(file => file.Path).Distinct());
    }

    [TestMethod]
    public void ATaskEvaluatesAllItsMetrics()
    {
        var mrpc = GlueTasks.ByName("MRPC").Evaluate(GlueSplit.Dev, [1, 1, 0, 0], [1, 0, 0, 0]);
        Assert.AreEqual("F1 Acc", string.Join(' ', mrpc.Select(result => result.Metric)));
        Assert.AreEqual(2 / 3.0, mrpc[0].Value, 1e-12);
        Assert.AreEqual(0.75, mrpc[1].Value);

        var stsb = GlueTasks.ByName("STS-B").Evaluate(GlueSplit.Dev, [0, 1, 2, 5], [0.1f, 0.2f, 0.3f, 0.4f]);
        Assert.AreEqual(EvaluationMetrics.PearsonCorrelation([0, 1, 2, 5], [0.1f, 0.2f, 0.3f, 0.4f]), stsb[0].Value);
        Assert.AreEqual(1, stsb[1].Value, 1e-12);
        Assert.AreEqual(1, GlueTasks.ByName("AX").Evaluate(GlueSplit.Test, [0, 1, 2], [0, 1, 2])[0].Value);

        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => GlueTasks.ByName("RTE").Evaluate(GlueSplit.Dev, [1], [0.5f])).Message, "is 0.5; expected the number of a class");
        Assert.ThrowsExactly<ArgumentException>(() => GlueTasks.ByName("RTE").Evaluate(GlueSplit.Dev, [1, 0], [1]));
    }
}
