using System.Globalization;
using System.Text;

namespace Glue;

/// <summary>All runs as a table for other programs: a row for each run and metric, and one for each failed run.</summary>
internal static class CsvReport
{
    public static string Of(Summary summary)
    {
        var text = new StringBuilder("arm,task,learning_rate,chosen,seed,metric,value,steps,seconds,build,machine,finished,failure\n");
        foreach (var run in summary.Results)
        {
            var chosen = summary.RateOf(run.Arm, summary.Tasks.First(task => task.Name == run.Key.Task)) == run.Key.LearningRate;
            foreach (var metric in run.Metrics) Append(metric.Name, double.IsNaN(metric.Value) ? null : metric.Value);
            if (run.Failure is not null) Append("", null);

            void Append(string metric, double? value) => text.Append(CultureInfo.InvariantCulture,
                $"{Quote(run.Arm)},{run.Key.Task},{run.Key.LearningRate},{(chosen ? 1 : 0)},{run.Key.Seed},{metric},{value},{run.Steps},{run.Seconds:F2},{Quote(run.Build)},{Quote(run.Machine)},{run.Finished.UtcDateTime:s}Z,{Quote(run.Failure ?? "")}\n");
        }
        return text.ToString();
    }

    private static string Quote(string cell) => cell.AsSpan().ContainsAny(",\"\r\n") ? $"\"{cell.Replace("\"", "\"\"")}\"" : cell;
}
