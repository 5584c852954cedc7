using Microsoft.ML.Data;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>Labelled texts to fine-tune on.</summary>
internal static class LabelledText
{
    /// <summary>The shipped questions to a bank, of 77 categories.</summary>
    public static IDataView Banking77View(MLContext mlContext, string file) => mlContext.Data.LoadFromTextFile<Question>(
        Path.Combine(AppContext.BaseDirectory, "data", file), new TextLoader.Options { Separators = [','], HasHeader = true, AllowQuoting = true, ReadMultilines = true });

    public static IReadOnlyList<(string Text, int Class)> Banking77(string file)
    {
        var mlContext = new MLContext();
        var questions = mlContext.Data.CreateEnumerable<Question>(Banking77View(mlContext, file), reuseRowObject: false).ToArray();
        var categories = questions.Select(question => question.Category).Distinct().Order(StringComparer.Ordinal).ToList();
        return [.. questions.Select(question => (question.Text, categories.IndexOf(question.Category)))];
    }

    /// <summary>GLUE's film reviews, the training part.</summary>
    public static IReadOnlyList<(string Text, int Class)> Sst2(string folder) =>
        [.. GlueReader.Read(GlueTasks.ByName("SST-2"), GlueSplit.Train, folder).Examples.Select(example => (example.Sentence1, (int)example.Label!))];

    internal sealed class Question
    {
        [LoadColumn(0)]
        public string Text { get; set; } = "";

        [LoadColumn(1)]
        public string Category { get; set; } = "";
    }
}
