using System.ComponentModel;
using System.Diagnostics;

namespace Microsoft.ML.PLD.Tests;

/// <summary>What ONNX's own checker, with its inference of types and shapes, says of exported models. It is a library of Python's: Debian's python3-onnx has it.</summary>
[TestClass]
public sealed class OnnxCheckerTests : FineTuningFixture
{
    private static readonly string? Python = new[] { "python3", "/usr/bin/python3", "python" }.FirstOrDefault(python => Run(python, "import onnx").Code == 0);

    [TestMethod]
    [DataRow(OnnxPrecision.Float32)]
    [DataRow(OnnxPrecision.Float16)]
    [DataRow(OnnxPrecision.Int8)]
    public void FindsNothing(OnnxPrecision precision)
    {
        if (Python is null) Assert.Inconclusive("No Python with the package onnx is here.");
        using var folder = new TemporaryFolder();
        var options = new OnnxExportOptions { Precision = precision, Tokenizer = false };
        foreach (var (placement, pooling) in new[] { (NormPlacement.Pre, Pooling.Mean), (NormPlacement.Post, Pooling.Max) })
        {
            using var encoder = new PldBertTransformer(
                MLContext, "Text", "Features", TestModel.Make(BertConfig.Tiny with { Layers = 2, HiddenSize = 16, AttentionHeads = 2, IntermediateSize = 32, NormPlacement = placement }), pooling, 12, Precision.Float32);
            encoder.SaveAsOnnx(folder[$"{placement}.onnx"], options);
            encoder.SaveAsOnnx(folder[$"{placement}-beside.onnx"], options with { ExternalData = true });
        }
        using var tuned = Fit(Options with { Pretrained = Pretrained });
        tuned.SaveAsOnnx(folder["classes.onnx"], options);
        string[] files = [.. Directory.GetFiles(folder[""], "*.onnx")];
        Assert.HasCount(5, files);
        var (code, said) = Run(Python!, "import onnx, sys\nfor path in sys.argv[1:]: onnx.checker.check_model(path, full_check=True)", files);
        Assert.AreEqual(0, code, said);
    }

    [TestMethod]
    public void FindsWhatIsWrong()
    {
        if (Python is null) Assert.Inconclusive("No Python with the package onnx is here.");
        using var folder = new TemporaryFolder();
        using var tuned = Fit(Options with { Pretrained = Pretrained });
        tuned.SaveAsOnnx(folder["classes.onnx"], new() { Tokenizer = false });
        var model = Onnx.ModelProto.Parser.ParseFrom(File.ReadAllBytes(folder["classes.onnx"]));
        model.Graph.Node[^1].OpType = "NoSuchOperator";
        using (var stream = File.Create(folder["classes.onnx"])) Google.Protobuf.MessageExtensions.WriteTo(model, stream);
        Assert.AreNotEqual(0, Run(Python!, "import onnx, sys\nonnx.checker.check_model(sys.argv[1])", folder["classes.onnx"]).Code);
    }

    private static (int Code, string Said) Run(string python, string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-c", program, .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.OutputDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            var said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, said);
        }
        catch (Win32Exception failure)
        {
            return (-1, failure.Message); // there is no such program
        }
    }
}
