using System.Globalization;
using System.Text;

namespace Glue;

/// <summary>All runs as a table for other programs: a row for each run and metric.</summary>
internal static class CsvReport
{
    public static string Of(Summary summary)
    {
        var text = new StringBuilder("arm,task,learning_rate,chosen,seed,metric,value,steps,seconds\n");
        foreach (var run in summary.Results)
        {
            var chosen = summary.RateOf(run.Arm, summary.Tasks.First(task => task.Name == run.Key.Task)) == run.Key.LearningRate;
            foreach (var metric in run.Metrics)
                text.Append(CultureInfo.InvariantCulture,
                    $"{Quote(run.Arm)},{run.Key.Task},{run.Key.LearningRate},{(chosen ? 1 : 0)},{run.Key.Seed},{metric.Name},{(double.IsNaN(metric.Value) ? "" : metric.Value)},{run.Steps},{run.Seconds:F2}\n");
        }
        return text.ToString();
    }

    private static string Quote(string cell) => cell.AsSpan().ContainsAny(",\"\n") ? $"\"{cell.Replace("\"", "\"\"")}\"" : cell;
}
