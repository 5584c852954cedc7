using Microsoft.ML;
using Microsoft.ML.Data;

namespace SentimentService;

/// <summary>The model as code sees it: what goes in, what comes out. Training and evaluation are in the files beside this one, as ML.NET Model Builder lays them out.</summary>
internal static partial class SentimentModel
{
    /// <summary>A row of the data, and what is asked.</summary>
    public sealed class ModelInput
    {
        [LoadColumn(0), ColumnName("label")]
        public string Label { get; set; } = "";

        [LoadColumn(1), ColumnName("text")]
        public string Text { get; set; } = "";
    }

    /// <summary>What is answered.</summary>
    public sealed class ModelOutput
    {
        /// <summary>The most probable label.</summary>
        [ColumnName("PredictedLabel")]
        public string PredictedLabel { get; set; } = "";

        /// <summary>The probability of each label, in the order of <see cref="Labels"/>.</summary>
        [ColumnName("Score")]
        public float[] Score { get; set; } = [];
    }

    /// <summary>Loads what <see cref="Train"/> has saved. The transformer may be used from several threads at once; prediction engines made of it may not.</summary>
    public static ITransformer Load(MLContext mlContext, string path) => mlContext.Model.Load(path, out _);

    /// <summary>An engine for one thread at a time. It leaves the model alone when it is disposed of, for others use it, too.</summary>
    public static PredictionEngine<ModelInput, ModelOutput> CreateEngine(MLContext mlContext, ITransformer model) =>
        mlContext.Model.CreatePredictionEngine<ModelInput, ModelOutput>(model, new PredictionEngineOptions { OwnsTransformer = false });

    /// <summary>The labels' names, in the order of <see cref="ModelOutput.Score"/>.</summary>
    public static IReadOnlyList<string> Labels(PredictionEngine<ModelInput, ModelOutput> engine)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        engine.OutputSchema["Score"].GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }
}
