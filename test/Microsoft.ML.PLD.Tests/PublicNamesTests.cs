using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.PLD.Tests;

/// <summary>The names that callers from outside rely on: this compiles, and they are public.</summary>
[TestClass]
public sealed class PublicNamesTests
{
    [TestMethod]
    public void EveryNameIsThereAndWorks()
    {
        using var folder = new TemporaryFolder();
        var mlContext = new MLContext(seed: 1);
        IDataView data = mlContext.Data.LoadFromEnumerable(TextRow.Make(20));

        PldBertEstimator pretrain = mlContext.Transforms.PldBert("Features", "Text", new PldBertEstimator.Options
        {
            Config = BertConfig.Tiny with { Layers = 2, HiddenSize = 16, IntermediateSize = 31, MaxPositions = 23 }, VocabularySize = 60, MaxLength = 11, Pooling = Pooling.Mean,
            Pretraining = new PretrainingOptions { Steps = 1, BatchSize = 4, SequenceLength = 13, LayerSchedule = new ProgressiveLayerDrop(thetaBar: 0.5) },
            Runtime = new RuntimeOptions { Device = "cpu", Precision = Precision.Float32 },
        });
        using PldBertTransformer encoder = pretrain.Fit(data);
        Assert.AreEqual(16, ((VectorDataViewType)encoder.Transform(data).Schema["Features"].Type).Size);
        encoder.Model.SavePretrained(folder["model"]);
        using BertModel model = BertModel.FromPretrained(folder["model"]);

        PldBertMulticlassTrainer withDefaults = mlContext.MulticlassClassification.Trainers.PldBert(
            labelColumnName: "Label", sentence1ColumnName: "Sentence1", sentence2ColumnName: null, pretrained: null);
        Assert.IsNotNull(withDefaults);
        PldBertMulticlassTrainer finetune = mlContext.MulticlassClassification.Trainers.PldBert(new PldBertMulticlassTrainer.Options
        {
            LabelColumnName = "Label", Sentence1ColumnName = "Text", Sentence2ColumnName = null, Pretrained = model,
            FineTuning = new FineTuningOptions { Steps = 1, BatchSize = 4, MaxLength = 11 },
        });
        var labelled = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(TextRow.Class)).Fit(data).Transform(data);
        using (PldBertMulticlassTransformer classifier = finetune.Fit(labelled))
            Assert.IsNotNull(classifier.Transform(labelled).Schema.GetColumnOrNull("PredictedLabel"));

        WordPieceTokenizer tokenizer = WordPieceTokenizer.FromVocabularyFile(Path.Combine(folder["model"], "vocab.txt"), lowerCase: true);
        TokenizedText text = tokenizer.Encode("cats eat", pair: null, maxLength: 512);
        Assert.HasCount(text.Ids.Length, text.TypeIds);
        Assert.HasCount(text.Ids.Length, text.AttentionMask);

        IEnumerable<string> lines = TextRow.Make(20).Select(row => row.Text!);
        WordPieceVocabulary vocabulary = WordPieceTrainer.Train(lines, 60);
        Assert.AreEqual(tokenizer.Vocabulary.Sha256, vocabulary.Sha256);

        ILayerSchedule schedule = new ProgressiveLayerDrop(thetaBar: 0.5);
        Assert.AreEqual(1, new ProgressiveLayerDrop(thetaBar: 0.5).Theta(0, 100));
        Assert.HasCount(12, schedule.KeepProbabilities(50, 100, layers: 12));
        LayerPlan plan = schedule.PlanAt(50, 100, layers: 12, seed: 1);
        Assert.AreEqual(12, plan.Blocks);

        CorpusBuilder.Build(lines, tokenizer, folder["corpus"]).Dispose();
        var pretrainer = new BertPretrainer(BertConfig.Tiny with { Layers = 1, MaxPositions = 13 }, new PretrainingOptions { Steps = 1, BatchSize = 2, SequenceLength = 13, ValidationSequences = 2 });
        using BertModel trained = pretrainer.Train(folder["corpus"], tokenizer);
        Assert.AreEqual(60, trained.Config.VocabularySize, 20);
    }

    [TestMethod]
    public void TheyArePublic()
    {
        foreach (var type in new[]
        {
            typeof(PldBertCatalog), typeof(PldBertEstimator), typeof(PldBertEstimator.Options), typeof(PldBertTransformer), typeof(BertModel), typeof(BertConfig),
            typeof(PldBertMulticlassTrainer), typeof(PldBertMulticlassTrainer.Options), typeof(PldBertMulticlassTransformer),
            typeof(PretrainingOptions), typeof(FineTuningOptions), typeof(RuntimeOptions), typeof(Precision), typeof(Pooling), typeof(TrainingProgress),
            typeof(WordPieceTokenizer), typeof(TokenizedText), typeof(WordPieceTrainer), typeof(WordPieceVocabulary),
            typeof(ProgressiveLayerDrop), typeof(ILayerSchedule), typeof(LayerPlan), typeof(BertPretrainer), typeof(CorpusBuilder),
            typeof(TrainingReport), typeof(TrainingRun), typeof(TrainingReportExtensions),
        })
            Assert.IsTrue(type.IsVisible, type.FullName);
        foreach (var (type, member) in new[]
        {
            (typeof(PldBertEstimator), "Fit"), (typeof(PldBertTransformer), "Model"), (typeof(BertModel), "SavePretrained"), (typeof(BertModel), "FromPretrained"),
            (typeof(PldBertMulticlassTrainer), "Fit"), (typeof(WordPieceTokenizer), "FromVocabularyFile"), (typeof(WordPieceTokenizer), "Encode"),
            (typeof(WordPieceTrainer), "Train"), (typeof(ProgressiveLayerDrop), "Theta"), (typeof(ProgressiveLayerDrop), "KeepProbabilities"),
            (typeof(ProgressiveLayerDrop), "PlanAt"), (typeof(BertPretrainer), "Train"), (typeof(PldBertCatalog), "PldBert"),
        })
            Assert.IsNotEmpty(type.GetMember(member, BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static), $"{type.Name}.{member}");
        // Extension methods show up with Microsoft.ML alone.
        Assert.AreEqual("Microsoft.ML", typeof(PldBertCatalog).Namespace);
    }
}
