namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class PldBertBinaryTrainerTests : EstimatorContract<PldBertBinaryTransformer>
{
    private static readonly PldBertBinaryTrainer.Options Options = new()
    {
        Sentence1ColumnName = "Text", Sentence2ColumnName = "Other", Config = TestCorpus.Config, Runtime = TestCorpus.Runtime, VocabularySize = 60,
        FineTuning = new() { Steps = 80, BatchSize = 8, MaxLength = 17, LearningRate = new() { Peak = 5e-3 } },
    };

    [TestMethod]
    public void AnnotationsAreThoseOfMLNetsTrainers()
    {
        var features = MLContext.Transforms.Text.FeaturizeText("Features", nameof(ContractRow.Text)).Fit(Data()).Transform(Data());
        var stock = MLContext.BinaryClassification.Trainers.SdcaLogisticRegression().Fit(features).Transform(features).Schema;
        var schema = Transformer.Transform(Data()).Schema;
        foreach (var column in new[] { "PredictedLabel", "Score", "Probability" }) Assert.AreEqual(SchemaText.Of(stock[column]), SchemaText.Of(schema[column]));
    }

    [TestMethod]
    public void TheProbabilityIsThatOfTheLogOddsAndDecides()
    {
        foreach (var row in RowValues.Of(Transformer.Transform(Data()), "Score", "Probability", "PredictedLabel"))
        {
            var score = (float)row[0]!;
            Assert.AreEqual(1 / (1 + Math.Exp(-score)), (float)row[1]!, 1e-6);
            Assert.AreEqual(score > 0, row[2]);
        }
    }

    [TestMethod]
    public void ItLearnsEvaluatesAndCrossValidates()
    {
        var metrics = MLContext.BinaryClassification.Evaluate(Transformer.Transform(Data()));
        Assert.IsGreaterThan(0.9, metrics.Accuracy);
        Assert.IsGreaterThan(0.9, metrics.AreaUnderRocCurve);
        Assert.IsLessThan(0.5, metrics.LogLoss);
        foreach (var fold in MLContext.BinaryClassification.CrossValidate(Data(), (IEstimator<ITransformer>)Create(MLContext), numberOfFolds: 2))
        {
            using var model = (PldBertBinaryTransformer)fold.Model;
            Assert.IsGreaterThan(0.5, fold.Metrics.AreaUnderRocCurve);
        }
    }

    [TestMethod]
    public void ALabelThatIsNoTruthValueIsNamed()
    {
        var data = MLContext.Transforms.CopyColumns("Label", nameof(ContractRow.Number)).Fit(Data()).Transform(Data());
        var failure = Assert.Throws<ArgumentOutOfRangeException>(() => Create(MLContext).Fit(data));
        Assert.Contains("expected Boolean, got Int32", failure.Message);
        Assert.Contains("ConvertType to Boolean", failure.Message);
    }

    [TestMethod]
    public void OneAnswerOnlyIsRefused()
    {
        var rows = ContractRow.Make(Rows);
        foreach (var row in rows) row.Class = "cars";
        var failure = Assert.Throws<InvalidOperationException>(() => Create(MLContext).Fit(WithLabel(MLContext.Data.LoadFromEnumerable(rows, ContractSchema))));
        Assert.Contains("same label 'false'", failure.Message);
    }

    [TestMethod]
    public void ColumnsAndMetricsAreCheckedBeforeAnythingIsTrained()
    {
        var trainers = MLContext.BinaryClassification.Trainers;
        Assert.Contains("ScoreColumnName and ProbabilityColumnName are both 'A'.",
            Assert.Throws<ArgumentException>(() => trainers.PldBert(Options with { ScoreColumnName = "A", ProbabilityColumnName = "A" })).Message);
        Assert.Contains("PldBertBinaryTrainer.Options: FineTuning.ValidationMetric is PearsonCorrelation; expected for binary classification: Loss, Accuracy, F1, MatthewsCorrelation, AreaUnderRocCurve.",
            Assert.Throws<ArgumentException>(() => trainers.PldBert(Options with { FineTuning = new() { MaxLength = 17, ValidationMetric = ValidationMetric.PearsonCorrelation } })).Message);
    }

    protected override IEstimator<PldBertBinaryTransformer> Create(MLContext mlContext) => mlContext.BinaryClassification.Trainers.PldBert(Options);

    protected override IDataView WithLabel(IDataView rows) => MLContext.Transforms.Conversion.MapValue(
        "Label", new Dictionary<string, bool> { ["animals"] = false, ["bread"] = true, ["cars"] = false }, nameof(ContractRow.Class)).Fit(rows).Transform(rows);
}
