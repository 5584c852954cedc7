using System.Text.Json;
using Microsoft.ML.Data;
using OnnxScoring;

namespace Microsoft.ML.PLD.Tests;

/// <summary>What ONNX Runtime makes of exported fine-tuned models, against their transformers.</summary>
[TestClass]
public sealed class OnnxPredictionTests : FineTuningFixture
{
    private static readonly TextRow[] Rows = TextRow.Make(30);

    [TestMethod]
    [DataRow(Pooling.Cls)]
    [DataRow(Pooling.Mean)]
    public void ClassesHaveTheSameProbabilities(Pooling pooling)
    {
        using var tuned = Fit(Options with { Pretrained = Pretrained, FineTuning = Options.FineTuning with { Pooling = pooling, LearningRate = new() { Peak = 1e-2 } } });
        using var onnx = Export(stream => tuned.SaveAsOnnx(stream));
        var scores = Score(onnx, tuned.Predictor.Tokenizer);
        AssertClose([.. Scores(tuned, Rows).SelectMany(row => row)], scores["probabilities"]);
        var sum = scores["logits"].Chunk(2).Select(row => 1 / (1 + MathF.Exp(row[1] - row[0]))).ToArray();
        AssertClose([.. Scores(tuned, Rows).Select(row => row[0])], sum);
        CollectionAssert.AreEqual(Rows.Select(row => row.Class).Distinct().ToArray(), JsonSerializer.Deserialize<string[]>(onnx.Metadata["labels"]));
        Assert.AreEqual($"{Options.FineTuning.MaxLength}", onnx.Metadata["max_length"]);
    }

    [TestMethod]
    [DataRow(OnnxPrecision.Float16, 0.02)]
    [DataRow(OnnxPrecision.Int8, 0.1)]
    public void SmallerFormatsAreNear(OnnxPrecision precision, double tolerance)
    {
        using var tuned = Fit(Options with { Pretrained = Pretrained, FineTuning = Options.FineTuning with { Pooling = Pooling.Mean, Steps = 20, LearningRate = new() { Peak = 1e-2 } } });
        using var onnx = Export(stream => tuned.SaveAsOnnx(stream, new() { Precision = precision }));
        AssertClose([.. Scores(tuned, Rows).SelectMany(row => row)], Score(onnx, tuned.Predictor.Tokenizer)["probabilities"], tolerance);
    }

    [TestMethod]
    public void AnswersHaveTheSameOdds()
    {
        var data = Data();
        using var tuned = MLContext.BinaryClassification.Trainers.PldBert(new PldBertBinaryTrainer.Options
        {
            LabelColumnName = nameof(Row.Truth), Sentence1ColumnName = nameof(Row.Text), Pretrained = Pretrained, FineTuning = Options.FineTuning, Runtime = Options.Runtime,
        }).Fit(data);
        using var onnx = Export(stream => tuned.SaveAsOnnx(stream));
        var scores = Score(onnx, tuned.Predictor.Tokenizer);
        var scored = tuned.Transform(data);
        AssertClose([.. scored.GetColumn<float>("Score")], scores["score"]);
        AssertClose([.. scored.GetColumn<float>("Probability")], scores["probability"]);
        CollectionAssert.AreEqual(new[] { -1, 1 }, onnx.Outputs["score"].Dimensions);
    }

    [TestMethod]
    public void NumbersAreTheSameInTheLabelsUnit()
    {
        var data = Data();
        using var tuned = MLContext.Regression.Trainers.PldBert(new PldBertRegressionTrainer.Options
        {
            LabelColumnName = nameof(Row.Number), Sentence1ColumnName = nameof(Row.Text), Pretrained = Pretrained, FineTuning = Options.FineTuning, Runtime = Options.Runtime,
        }).Fit(data);
        using var onnx = Export(stream => tuned.SaveAsOnnx(stream));
        AssertClose([.. tuned.Transform(data).GetColumn<float>("Score")], Score(onnx, tuned.Predictor.Tokenizer)["score"], 1e-2); // of about 1,000
    }

    private IDataView Data() => MLContext.Data.LoadFromEnumerable(Rows.Select((row, i) => new Row { Text = row.Text, Truth = row.Class == "dog", Number = 1_000 + 10 * i }));

    private static TokenSession Export(Action<Stream> save)
    {
        using var stream = new MemoryStream();
        save(stream);
        return new TokenSession(stream.ToArray());
    }

    private static Dictionary<string, float[]> Score(TokenSession onnx, WordPieceTokenizer tokenizer) =>
        onnx.Run([.. Rows.Select(row => tokenizer.Encode(row.Text, maxLength: Options.FineTuning.MaxLength))], tokenizer.Vocabulary.PadId);

    private static void AssertClose(float[] expected, float[] actual, double tolerance = 1e-5)
    {
        Assert.HasCount(expected.Length, actual);
        for (var i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], actual[i], tolerance, $"at {i}");
    }

    private sealed class Row
    {
        public string? Text { get; set; }
        public bool Truth { get; set; }
        public float Number { get; set; }
    }
}
