using System.Diagnostics;
using TorchSharp;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>Square matrix products, as fast as libtorch does them here.</summary>
internal static class MatmulPeak
{
    public static IEnumerable<string> Devices
    {
        get
        {
            TorchRuntime.EnsureLoaded();
            return torch.cuda_is_available() ? ["cpu", "cuda"] : ["cpu"];
        }
    }

    /// <returns>GFLOP/s, the median.</returns>
    public static double Measure(string device, torch.ScalarType type, long size, int rounds)
    {
        var arm = Arm(device, type, size);
        Contest.Run([arm], rounds, warmUp: 5);
        return 1e-9 / arm.Samples.Median;
    }

    /// <summary>The highest of the medians of several sizes.</summary>
    public static double Best(string device, torch.ScalarType type)
    {
        var arms = new long[] { 512, 1_024, 2_048 }.Select(size => Arm(device, type, size)).ToArray();
        Contest.Run(arms, rounds: 25, warmUp: 5);
        return 1e-9 / arms.Min(arm => arm.Samples.Median);
    }

    /// <summary>An arm whose amount of work is floating-point operations.</summary>
    /// <param name="device">cpu or cuda.</param>
    /// <param name="type">Of the matrices.</param>
    /// <param name="size">Their rows and columns.</param>
    /// <param name="atLeast">Repeats the product until so many seconds have gone, to be comparable to longer work.</param>
    public static Arm Arm(string device, torch.ScalarType type, long size, double atLeast = 0)
    {
        var (a, b) = (torch.randn([size, size], type, torch.device(device)), torch.randn([size, size], type, torch.device(device)));
        // On a CUDA device several products at once, and then a wait: a launch must not count.
        var atOnce = device == "cpu" ? 1 : 20;
        return new Arm($"{type} {size}", () =>
        {
            var (start, products) = (Stopwatch.GetTimestamp(), 0);
            do
            {
                using var scope = torch.NewDisposeScope();
                for (var i = 0; i < atOnce; i++) torch.mm(a, b).Dispose();
                if (device != "cpu") torch.cuda.synchronize();
                products += atOnce;
            }
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < atLeast);
            return 2.0 * products * size * size * size;
        });
    }
}
