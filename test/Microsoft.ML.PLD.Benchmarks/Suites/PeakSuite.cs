using TorchSharp;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>The rate of matrix products: the limit of everything else.</summary>
internal sealed class PeakSuite() : Suite("peak", "The measured rate of matrix products, by type and size.")
{
    private static readonly long[] Sizes = [256, 512, 1_024, 2_048, 3_072];

    public override void Run(SuiteArguments arguments, Report report)
    {
        foreach (var device in MatmulPeak.Devices)
            foreach (var type in new[] { torch.float32, torch.bfloat16 })
            {
                foreach (var size in Sizes)
                    report.Add(("device", device), ("type", type.ToString()), ("size", size), ("gflops", MatmulPeak.Measure(device, type, size, arguments.Rounds(40))));
                report.Add(("device", device), ("type", type.ToString()), ("size", "best"), ("gflops", MatmulPeak.Best(device, type)));
            }
    }
}
