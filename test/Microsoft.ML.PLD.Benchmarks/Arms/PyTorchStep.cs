using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>The ordinary program in PyTorch, in a process of its own that waits between its turns.</summary>
internal sealed class PyTorchStep : IDisposable
{
    private readonly Process _process;

    private PyTorchStep(Process process, string version) => (_process, Version) = (process, version);

    public string Version { get; }

    /// <returns>Null where there is no Python with PyTorch.</returns>
    public static PyTorchStep? Start(StepShape shape, int threads, bool maskedOnly, bool bfloat16, string device = "cpu")
    {
        var arguments = JsonSerializer.Serialize(new
        {
            vocabulary = shape.Config.VocabularySize,
            hidden = shape.Config.HiddenSize,
            heads = shape.Config.AttentionHeads,
            intermediate = shape.Config.IntermediateSize,
            layers = shape.Config.Layers,
            length = shape.SequenceLength,
            batch = shape.BatchSize,
            dropout = shape.Dropout,
            threads,
            masked_only = maskedOnly,
            bfloat16,
            device,
        });
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("PYTHON") ?? "python3", [Path.Combine(AppContext.BaseDirectory, "Arms", "bert_step.py"), arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        try
        {
            var process = Process.Start(start)!;
            if (process.StandardOutput.ReadLine() is { } version) return new PyTorchStep(process, version);
            process.Dispose();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // No python3.
        }
        return null;
    }

    /// <summary>A training step.</summary>
    public void Run()
    {
        _process.StandardInput.WriteLine("step");
        _process.StandardInput.Flush();
        if (!double.TryParse(_process.StandardOutput.ReadLine(), CultureInfo.InvariantCulture, out _)) throw new InvalidOperationException("The PyTorch process has failed.");
    }

    public void Dispose()
    {
        _process.StandardInput.WriteLine();
        if (!_process.WaitForExit(5_000)) _process.Kill();
        _process.Dispose();
    }
}
