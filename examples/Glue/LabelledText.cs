using Microsoft.ML;
using Microsoft.ML.PLD;
using Microsoft.ML.Transforms;

namespace Glue;

/// <summary>A GLUE example as a row of ML.NET.</summary>
internal sealed class LabelledText
{
    public string Sentence1 { get; set; } = "";

    public string Sentence2 { get; set; } = "";

    /// <summary>The class by its name; empty where there is none.</summary>
    public string Class { get; set; } = "";

    /// <summary>The label of a task without classes.</summary>
    public float Grade { get; set; }

    public static IDataView Of(MLContext mlContext, GlueData data) => mlContext.Data.LoadFromEnumerable(data.Examples.Select(example => new LabelledText
    {
        Sentence1 = example.Sentence1,
        Sentence2 = example.Sentence2 ?? "",
        Class = data.Task.Classes is { } classes && example.Label is { } number ? classes[(int)number] : "",
        Grade = example.Label ?? 0,
    }));

    /// <summary>Makes the classes keys in the task's own order, whatever comes first in the file: key - 1 is the class's number.</summary>
    public static ValueToKeyMappingEstimator ClassToKey(MLContext mlContext, GlueTask task, string column) => mlContext.Transforms.Conversion.MapValueToKey(
        column, nameof(Class), keyData: mlContext.Data.LoadFromEnumerable(task.Classes!.Select(name => new Named { Name = name })));

    private sealed class Named
    {
        public string Name { get; set; } = "";
    }
}
