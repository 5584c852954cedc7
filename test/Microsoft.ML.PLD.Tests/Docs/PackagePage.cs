using Microsoft.ML.Data;

namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>The code of the packages' pages, beside the first program, which build/package-test.sh runs.</summary>
[TestClass]
[DoNotParallelize]
public sealed class PackagePage : DocumentPage
{
    [TestMethod]
    public void Pretraining()
    {
        var mlContext = new MLContext(seed: 1);
        IDataView texts = mlContext.Data.LoadFromTextFile<Line>("texts.txt");

        #region pre-training
        var pretraining = mlContext.Transforms.PldBert("Features", "Text", new PldBertEstimator.Options
        {
            Config = BertConfig.Mini,
            Pretraining = new() { Steps = 20_000, LayerSchedule = LayerSchedules.Recommended() },
            Progress = [new ConsoleProgress()],
        });
        using PldBertTransformer encoder = pretraining.Fit(texts);
        encoder.Model.SavePretrained("my-bert");
        #endregion

        using var read = BertModel.FromPretrained("my-bert");
        Assert.AreEqual(encoder.Model.ParameterCount, read.ParameterCount);
    }

    [TestMethod]
    public void Mini()
    {
        var mlContext = new MLContext(seed: 1);

        #region mini
        using BertModel mini = PldModels.Mini();
        var trainer = mlContext.MulticlassClassification.Trainers.PldBert("Label", "Text", pretrained: mini);
        #endregion

        IDataView rows = mlContext.Transforms.Conversion.MapValueToKey("Label", "Category").Fit(Rows(mlContext)).Transform(Rows(mlContext));
        using var model = trainer.Fit(rows);
        Assert.IsNotNull(model.GetOutputSchema(rows.Schema).GetColumnOrNull("PredictedLabel"));
    }

    private sealed class Line
    {
        [LoadColumn(0)]
        public string Text { get; set; } = "";
    }
}
