using System.CommandLine;
using System.Diagnostics;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>How long sums over all ranks take, by their size: what the start of a message costs, and what its bytes do.</summary>
internal sealed class SumsSuite() : Suite("sums", "Sums over all ranks, by size: start it with mpirun.")
{
    private readonly Option<int> _largest = new("--megabytes") { Description = "The largest.", DefaultValueFactory = _ => 32 };

    public override IEnumerable<Option> Options => [_largest];

    public override void Run(SuiteArguments arguments, Report report)
    {
        var ranks = DistributedJob.Current;
        for (var bytes = 16L; bytes <= arguments.Parsed.GetValue(_largest) * 1L << 20; bytes *= 8)
        {
            var numbers = new float[bytes / sizeof(float)];
            var times = new List<double>();
            for (var round = -2; round < arguments.Rounds(bytes < 1 << 20 ? 100 : 10); round++)
            {
                ranks.Wait(isWell: true);
                var start = Stopwatch.GetTimestamp();
                ranks.Sum<float>(numbers);
                if (round >= 0) times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
            if (ranks.Rank == 0) report.Add(("ranks", ranks.Size), ("bytes", bytes), ("ms", 1e3 * Statistics.Median(times)), ("mbit_a_second", 8e-6 * bytes / Statistics.Median(times)));
        }
    }
}
