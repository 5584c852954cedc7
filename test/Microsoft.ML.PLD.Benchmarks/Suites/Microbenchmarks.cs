using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>Runs BenchmarkDotNet in this process: the native libraries are loaded and the data made once.</summary>
internal static class Microbenchmarks
{
    /// <returns>For each benchmark: its name, the values of its parameters, and its median, in seconds.</returns>
    public static IEnumerable<(string Name, string Parameters, double Seconds)> Run<T>(int rounds)
    {
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(3).WithIterationCount(Math.Max(3, rounds));
        var config = ManualConfig.CreateEmpty().AddJob(job).AddLogger(NullLogger.Instance).AddColumnProvider(DefaultColumnProviders.Instance)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "pld-benchmarks"));
        foreach (var report in BenchmarkRunner.Run<T>(config).Reports)
        {
            var name = report.BenchmarkCase.Descriptor.WorkloadMethod.Name;
            if (report.ResultStatistics is not { } statistics) throw new InvalidOperationException($"The benchmark {name} has failed.");
            yield return (name, report.BenchmarkCase.Parameters.DisplayInfo.Trim('[', ']'), 1e-9 * statistics.Median);
        }
    }
}
