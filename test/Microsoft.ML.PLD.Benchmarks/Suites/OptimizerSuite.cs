using BenchmarkDotNet.Attributes;
using TorchSharp;
using TorchSharp.Modules;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>AdamW with clipping over all weights of a model: ours, by libtorch's operations, and TorchSharp's own.</summary>
internal sealed class OptimizerSuite() : Suite("optimizer", "AdamW with clipping over all weights of a model.")
{
    public override void Run(SuiteArguments arguments, Report report)
    {
        foreach (var (name, parameters, seconds) in Microbenchmarks.Run<OptimizerBenchmarks>(arguments.Rounds(10)))
            report.Add(("optimizer", name), ("model", parameters), ("milliseconds", 1e3 * seconds));
    }
}

/// <summary>Public, because BenchmarkDotNet makes its own code for it.</summary>
public class OptimizerBenchmarks
{
    private Weight[] _weights = [];
    private AdamW? _vectors, _operations;
    private torch.optim.Optimizer? _torchSharp;

    [Params("mini", "base")]
    public string Preset { get; set; } = "";

    [GlobalSetup]
    public void Prepare()
    {
        TorchRuntime.EnsureLoaded();
        using var store = new ParameterStore(torch.CPU, seed: 1);
        var encoder = new SwitchableEncoder(store, StepShape.Preset(Preset));
        _weights = [.. store.All.Select(parameter => new Weight(parameter.Name, new Parameter(parameter.Value.detach().clone())))];
        foreach (var (_, value) in _weights) value.grad = torch.randn_like(value).mul_(1e-3);
        (_vectors, _operations) = (new AdamW(_weights), new AdamW(_weights, kernel: new TorchAdamWKernel()));
        _torchSharp = torch.optim.AdamW(_weights.Select(parameter => parameter.Value));
        GC.KeepAlive(encoder);
    }

    [Benchmark]
    public double Vectors() => _vectors!.Step(1e-4);

    [Benchmark]
    public double LibtorchOperations() => _operations!.Step(1e-4);

    [Benchmark(Baseline = true)]
    public double TorchSharpAdamW()
    {
        var norm = torch.nn.utils.clip_grad_norm_(_weights.Select(parameter => parameter.Value), 1);
        _torchSharp!.step();
        return norm;
    }
}
