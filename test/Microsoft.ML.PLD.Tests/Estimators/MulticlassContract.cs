using Microsoft.ML.Data;

namespace Microsoft.ML.PLD.Tests;

/// <summary>What every multiclass trainer must do besides: labels of all kinds in, and out what ML.NET's evaluator and key mappings expect.</summary>
/// <remarks>The columns it adds are PredictedLabel and Score.</remarks>
public abstract class MulticlassContract<TTransformer> : EstimatorContract<TTransformer> where TTransformer : TextTransformer
{
    private const string Label = "Label", Score = "Score", PredictedLabel = "PredictedLabel";

    /// <summary>A label in other words: numbers, truth values, or keys that stand for nothing.</summary>
    private sealed class LabelledRow
    {
        public string? Text { get; set; }

        public string? Other { get; set; }

        public float Number { get; set; }

        public bool Truth { get; set; }

        [KeyType(3)] // counts from 0 in a class, and from 1 in a view
        public uint Key { get; set; }
    }

    [TestMethod]
    public void AnnotationsAreThoseOfMLNetsTrainers()
    {
        foreach (var labelled in new[] { Data(), Labelled(nameof(LabelledRow.Number)), Labelled(nameof(LabelledRow.Truth)), Labelled(nameof(LabelledRow.Key)) })
        {
            var features = MLContext.Transforms.Text.FeaturizeText("Features", nameof(ContractRow.Text)).Fit(labelled).Transform(labelled);
            var stock = MLContext.MulticlassClassification.Trainers.NaiveBayes().Fit(features).Transform(features).Schema;
            using var transformer = Create(MLContext).Fit(features);
            var schema = transformer.Transform(features).Schema;
            Assert.AreEqual(SchemaText.Of(stock[Score]), SchemaText.Of(schema[Score]));
            Assert.AreEqual(SchemaText.Of(stock[PredictedLabel]), SchemaText.Of(schema[PredictedLabel]));
            Assert.AreEqual(
                SchemaText.Of(MLNetAccess.ShapeOf(schema)),
                SchemaText.Of(Create(MLContext).GetOutputSchema(MLNetAccess.ShapeOf(features.Schema))));
        }
    }

    [TestMethod]
    public void EachSetOfScoreColumnsHasItsNumber()
    {
        var twice = Transformer.Transform(Transformer.Transform(Data())).Schema;
        foreach (var (columns, number) in new[] { (twice.Skip(Data().Schema.Count).Take(Added().Length), 1u), (twice.TakeLast(Added().Length), 2u) })
            foreach (var column in columns)
            {
                uint set = 0;
                column.Annotations.GetValue("ScoreColumnSetId", ref set);
                Assert.AreEqual(number, set);
            }
    }

    [TestMethod]
    public void ScoresAreProbabilitiesAndTheHighestIsPredicted()
    {
        foreach (var row in RowValues.Of(Transformer.Transform(Data()), Score, PredictedLabel))
        {
            var scores = ((Array)row[0]!).Cast<float>().ToArray();
            Assert.AreEqual(1f, scores.Sum(), 1e-4f);
            Assert.AreEqual((uint)scores.IndexOf(scores.Max()) + 1, row[1]);
        }
    }

    [TestMethod]
    public void EvaluatorAndKeyMappingTakeTheColumns()
    {
        var scored = Transformer.Transform(Data());
        var metrics = MLContext.MulticlassClassification.Evaluate(scored);
        Assert.AreEqual(3, metrics.ConfusionMatrix.NumberOfClasses);
        Assert.IsGreaterThan(0, metrics.MicroAccuracy);

        var named = MLContext.Transforms.Conversion.MapKeyToValue("Name", PredictedLabel).Fit(scored).Transform(scored);
        string[] classes = ["animals", "bread", "cars"];
        foreach (var row in RowValues.Of(named, PredictedLabel, "Name")) Assert.AreEqual(classes[(uint)row[0]! - 1], row[1]);
    }

    [TestMethod]
    public void ItCrossValidates()
    {
        foreach (var fold in MLContext.MulticlassClassification.CrossValidate(Data(), (IEstimator<ITransformer>)Create(MLContext), numberOfFolds: 2))
        {
            using var model = (TTransformer)fold.Model;
            Assert.AreEqual(3, fold.Metrics.ConfusionMatrix.NumberOfClasses);
            Assert.IsGreaterThan(0, RowValues.Of(fold.ScoredHoldOutSet, Score).Count);
        }
    }

    [TestMethod]
    public void ALabelThatIsNoKeyIsNamed()
    {
        var data = MLContext.Transforms.CopyColumns(Label, nameof(ContractRow.Number)).Fit(Data()).Transform(Data());
        AssertFitRefused(data, "'Label'", "expected Key<UInt32>, got Int32", "MapValueToKey");
        AssertFitRefused(MLContext.Transforms.DropColumns(Label).Fit(Data()).Transform(Data()), "Could not find label column 'Label'");
    }

    [TestMethod]
    public void ARowWithoutLabelIsNumbered()
    {
        var rows = Rowset();
        rows[17].Key = uint.MaxValue;
        var failure = Assert.Throws<InvalidOperationException>(() => Create(MLContext).Fit(Labelled(rows, nameof(LabelledRow.Key))));
        Assert.Contains("Row 17 has no label in column 'Label'", failure.Message);
    }

    [TestMethod]
    public void OneClassOnlyIsRefused()
    {
        var rows = ContractRow.Make(Rows);
        foreach (var row in rows) row.Class = "bread";
        var failure = Assert.Throws<InvalidOperationException>(() => Create(MLContext).Fit(WithLabel(MLContext.Data.LoadFromEnumerable(rows, ContractSchema))));
        Assert.Contains("same label 'bread'", failure.Message);
    }

    private void AssertFitRefused(IDataView data, params string[] words)
    {
        var shape = MLNetAccess.ShapeOf(data.Schema);
        foreach (var use in new Action[] { () => Create(MLContext).Fit(data), () => Create(MLContext).GetOutputSchema(shape) })
        {
            var failure = Assert.Throws<ArgumentOutOfRangeException>(use);
            foreach (var word in words) Assert.Contains(word, failure.Message);
        }
    }

    private LabelledRow[] Rowset() => [.. ContractRow.Make(Rows).Select((row, i) => new LabelledRow
    {
        Text = row.Text,
        Other = row.Other,
        Number = i % 3 / 2f,
        Truth = i % 3 == 0,
        Key = (uint)(i % 3),
    })];

    private IDataView Labelled(string column) => Labelled(Rowset(), column);

    private IDataView Labelled(LabelledRow[] rows, string column)
    {
        var data = MLContext.Data.LoadFromEnumerable(rows);
        IEstimator<ITransformer> label = column == nameof(LabelledRow.Key)
            ? MLContext.Transforms.CopyColumns(Label, column)
            : MLContext.Transforms.Conversion.MapValueToKey(Label, column);
        return label.Fit(data).Transform(data);
    }
}
