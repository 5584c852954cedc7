namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class PldBertRegressionTrainerTests : EstimatorContract<PldBertRegressionTransformer>
{
    private static readonly PldBertRegressionTrainer.Options Options = new()
    {
        Sentence1ColumnName = "Text", Sentence2ColumnName = "Other", Config = TestCorpus.Config, Runtime = TestCorpus.Runtime, VocabularySize = 60,
        FineTuning = new() { Steps = 60, BatchSize = 8, MaxLength = 17, LearningRate = new() { Peak = 1e-2 } },
    };

    // Scores are in the label's unit, here hundreds.
    protected override float Tolerance => 1e-2f;

    [TestMethod]
    public void AnnotationsAreThoseOfMLNetsTrainers()
    {
        var features = MLContext.Transforms.Text.FeaturizeText("Features", nameof(ContractRow.Text)).Fit(Data()).Transform(Data());
        var stock = MLContext.Regression.Trainers.Sdca().Fit(features).Transform(features).Schema;
        Assert.AreEqual(SchemaText.Of(stock["Score"]), SchemaText.Of(Transformer.Transform(Data()).Schema["Score"]));
    }

    [TestMethod]
    public void ItLearnsInTheLabelsUnitEvaluatesAndCrossValidates()
    {
        var metrics = MLContext.Regression.Evaluate(Transformer.Transform(Data()));
        Assert.IsGreaterThan(0.8, metrics.RSquared);
        Assert.AreEqual(1100, RowValues.Of(Transformer.Transform(Data()), "Score").Average(row => (float)row[0]!), 100);
        foreach (var fold in MLContext.Regression.CrossValidate(Data(), (IEstimator<ITransformer>)Create(MLContext), numberOfFolds: 2))
        {
            using var model = (PldBertRegressionTransformer)fold.Model;
            Assert.IsGreaterThan(0, fold.Metrics.RSquared);
        }
    }

    [TestMethod]
    public void ALabelThatIsNoNumberIsNamed()
    {
        var data = MLContext.Transforms.CopyColumns("Label", nameof(ContractRow.Number)).Fit(Data()).Transform(Data());
        var failure = Assert.Throws<ArgumentOutOfRangeException>(() => Create(MLContext).Fit(data));
        Assert.Contains("expected Single, got Int32", failure.Message);
    }

    [TestMethod]
    public void ARowWithoutLabelIsNumbered()
    {
        var rows = ContractRow.Make(Rows);
        rows[17].Class = "none";
        var failure = Assert.Throws<InvalidOperationException>(() => Create(MLContext).Fit(WithLabel(MLContext.Data.LoadFromEnumerable(rows, ContractSchema))));
        Assert.Contains("Row 17 has no label in column 'Label' (rows count from 0, in the order in which they are read): it is NaN; expected a finite number.", failure.Message);
    }

    [TestMethod]
    public void OptionsForClassesAreRefused()
    {
        var message = Assert.Throws<ArgumentException>(() => MLContext.Regression.Trainers.PldBert(Options with
        {
            FineTuning = new() { MaxLength = 17, ClassWeighting = ClassWeighting.Balanced, LabelSmoothing = 0.1, FocalLossGamma = 2, ValidationMetric = ValidationMetric.F1 },
        })).Message;
        foreach (var part in new[] { "ClassWeighting and ClassWeights are for classifiers", "LabelSmoothing is 0.1", "FocalLossGamma is 2", "expected for regression: Loss, PearsonCorrelation" })
            Assert.Contains(part, message);
    }

    protected override IEstimator<PldBertRegressionTransformer> Create(MLContext mlContext) => mlContext.Regression.Trainers.PldBert(Options);

    protected override IDataView WithLabel(IDataView rows) => MLContext.Transforms.Conversion.MapValue(
        "Label", new Dictionary<string, float> { ["animals"] = 1000, ["bread"] = 1100, ["cars"] = 1200, ["none"] = float.NaN }, nameof(ContractRow.Class)).Fit(rows).Transform(rows);
}
