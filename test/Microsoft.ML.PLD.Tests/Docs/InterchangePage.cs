namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>The code of docs/interchange.md.</summary>
[TestClass]
[DoNotParallelize]
public sealed class InterchangePage : DocumentPage
{
    [TestMethod]
    public void FromHuggingFace()
    {
        using (var downloaded = SmallModel()) downloaded.SavePretrained("bert-base-uncased");

        #region model
        using var model = BertModel.FromPretrained("bert-base-uncased");      // a downloaded folder: pre-train further, or fine-tune
        Console.WriteLine(model.Report);                                      // what was there, and what was not
        #endregion

        Assert.IsNotEmpty(Printed.Trim());
    }

    [TestMethod]
    public void WithoutTraining()
    {
        var mlContext = new MLContext(seed: 1);
        using (var downloaded = SmallModel()) downloaded.SavePretrained("bert-base-uncased");
        using (var classified = Classifier(mlContext)) classified.SavePretrained("a-ForSequenceClassification-folder");

        #region transformers
        using var encoder = PldBertTransformer.FromPretrained(mlContext, "bert-base-uncased", outputColumnName: "Features", inputColumnName: "Text");
        using var classifier = PldBertMulticlassTransformer.FromPretrained(mlContext, "a-ForSequenceClassification-folder", new() { Sentence1ColumnName = "Text" });
        #endregion

        Assert.IsNotNull(classifier.Transform(encoder.Transform(Rows(mlContext))).Schema.GetColumnOrNull("PredictedLabel"));
    }

    [TestMethod]
    public void ToOnnx()
    {
        using var model = Classifier(new MLContext(seed: 1));

        #region onnx
        model.SaveAsOnnx("model/model.onnx");                                                            // the tokenizer's files beside it
        model.SaveAsOnnx("small/model.onnx", new() { Precision = OnnxPrecision.Int8 });
        #endregion

        Assert.IsTrue(File.Exists("model/vocab.txt"));
        Assert.IsTrue(File.Exists("small/model.onnx"));
    }

    private static PldBertMulticlassTransformer Classifier(MLContext mlContext)
    {
        using var encoder = SmallModel();
        var rows = mlContext.Transforms.Conversion.MapValueToKey("Label", "Category").Fit(Rows(mlContext)).Transform(Rows(mlContext));
        return mlContext.MulticlassClassification.Trainers.PldBert("Label", "Text", pretrained: encoder).Fit(rows);
    }
}
