using System.Diagnostics;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Runs Microsoft.ML.PLD.Tests.FreshProcess, which loads a model without ever naming one of our types.</summary>
internal static class FreshProcess
{
    private static readonly string Program = typeof(FreshProcess).Assembly.GetName().Name + ".FreshProcess";

    public static void Run(string model, string data, string output)
    {
        // With the tests' dependencies, because some of the models that it loads are defined in the tests.
        var folder = AppContext.BaseDirectory;
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
        [
            "exec", "--depsfile", Path.Combine(folder, $"{typeof(FreshProcess).Assembly.GetName().Name}.deps.json"),
            "--runtimeconfig", Path.Combine(folder, $"{Program}.runtimeconfig.json"), Path.Combine(folder, $"{Program}.dll"), model, data, output,
        ]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, errors);
    }
}
