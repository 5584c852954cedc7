using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>An MPI that is installed, by the program that starts its jobs.</summary>
/// <param name="Name">For people.</param>
/// <param name="Launcher">The program.</param>
/// <param name="Flags">What it needs here.</param>
internal sealed record MpiImplementation(string Name, string Launcher, string[] Flags)
{
    /// <summary>Those on this machine; Debian has each under a name of its own.</summary>
    public static IReadOnlyList<MpiImplementation> Installed { get; } =
    [
        .. new[] { "mpirun.openmpi", "mpirun.mpich", "mpirun" }.Select(Find).OfType<MpiImplementation>().DistinctBy(found => found.Name),
    ];

    /// <summary>Runs a case on some ranks.</summary>
    /// <param name="ranks">How many.</param>
    /// <param name="what">The case.</param>
    /// <param name="text">The prepared text's folder.</param>
    /// <param name="folder">For checkpoints and the model.</param>
    /// <param name="patience">How long it may take, in seconds.</param>
    /// <param name="timeout">Of the watchdog, in seconds.</param>
    public JobResult Run(int ranks, RankCase what, string text, string folder, double patience = 300, double timeout = 120) =>
        JobResult.Of(Launcher, [.. Flags, "-n", ranks.ToString(CultureInfo.InvariantCulture), .. Program(what, text, folder)], patience, timeout);

    /// <summary>Runs a case on two ranks as if on two machines, joined by a link of 1 Gbit; where that may not be, it says "skipped".</summary>
    public JobResult RunOnTwoHosts(RankCase what, string text, string folder) =>
        JobResult.Of("bash", ["build/two-hosts.sh", "1gbit", Name.ToLowerInvariant(), .. Program(what, text, folder)], 300, 120);

    /// <summary>Runs a case in one process, without MPI.</summary>
    public static JobResult RunAlone(RankCase what, string text, string folder) => JobResult.Of(Program(what, text, folder)[0], Program(what, text, folder)[1..], 300, 120);

    private static string[] Program(RankCase what, string text, string folder) => [Environment.ProcessPath!, .. TrainingProcess.Self(), RankProcess.Command, what.ToJson(), text, folder];

    private static MpiImplementation? Find(string launcher)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(launcher, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            var said = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return said.Contains("Open MPI", StringComparison.Ordinal) || said.Contains("OpenRTE", StringComparison.Ordinal)
                ? new("OpenMPI", launcher, ["--allow-run-as-root", "--bind-to", "none", "--oversubscribe"])
                : said.Contains("HYDRA", StringComparison.Ordinal) ? new("MPICH", launcher, []) : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // there is no such program
        }
    }
}

/// <summary>How a job ended.</summary>
/// <param name="Code">Its exit code; null: it did not end in time.</param>
/// <param name="Output">What its ranks wrote.</param>
/// <param name="Errors">And to the standard error.</param>
/// <param name="Time">How long it took.</param>
internal sealed record JobResult(int? Code, string Output, string Errors, TimeSpan Time)
{
    public static JobResult Of(string program, IEnumerable<string> arguments, double patience, double timeout)
    {
        var clock = Stopwatch.StartNew();
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment[Watchdog.Variable] = timeout.ToString(CultureInfo.InvariantCulture);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        var ended = process.WaitForExit(TimeSpan.FromSeconds(patience));
        if (!ended) process.Kill(entireProcessTree: true);
        process.WaitForExit();
        return new(ended ? process.ExitCode : null, output.Result, errors.Result, clock.Elapsed);
    }

    public override string ToString() => $"exit code {(Code is { } code ? code : "none")} after {Time.TotalSeconds:F1} s\n{Output}\n{Errors}";
}
