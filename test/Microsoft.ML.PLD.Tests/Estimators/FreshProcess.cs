using System.Diagnostics;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Runs Microsoft.ML.PLD.Tests.FreshProcess, which loads a model without ever naming one of our types.</summary>
internal static class FreshProcess
{
    // The one that runs the tests, if it is the muxer itself and not the tests' own executable.
    private static string DotNet => Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet";

    public static void Run(string model, string data, string output)
    {
        // With the tests' dependencies, because some of the models that it loads are defined in the tests.
        var folder = AppContext.BaseDirectory;
        var name = typeof(FreshProcess).Assembly.GetName().Name;
        string[] arguments =
        [
            "exec", "--depsfile", Path.Combine(folder, $"{name}.deps.json"), "--runtimeconfig", Path.Combine(folder, $"{name}.FreshProcess.runtimeconfig.json"),
            Path.Combine(folder, $"{name}.FreshProcess.dll"), model, data, output,
        ];
        var start = new ProcessStartInfo(DotNet, arguments) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, errors);
    }
}
