using System.Diagnostics;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>A disk that is full, or a folder that becomes read-only, while a training writes checkpoints: it must end as if nothing were, and what is on the disk must stay whole.</summary>
internal static class DiskBench
{
    private const int EverySteps = 5, Megabytes = 40; // room for the checkpoints that are kept, and for the one that is written beside them

    /// <returns>Tried, survived, lost, what went wrong; nothing tried where no disk can be mounted.</returns>
    public static (int Tried, int Survived, int Lost, IReadOnlyList<string> Failures) Run(int times)
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
        {
            Console.WriteLine("Full disks and read-only folders are not tried: mounting them takes Linux and its administrator.");
            return (0, 0, 0, []);
        }
        using var work = new WorkFolder("disk");
        var text = Path.Combine(work.Path, "text");
        _ = new PreparedText(text);
        var (tried, survived, lost) = (0, 0, 0);
        var failures = new List<string>();
        foreach (var training in Enumerable.Range(0, times).SelectMany(round => TrainingCase.All((ulong)round + 1)))
            foreach (var becomesReadOnly in new[] { false, true })
            {
                tried++;
                var name = $"{training.Name}, {training.Precision}, {(becomesReadOnly ? "read-only folder" : "full disk")}";
                var disk = Path.Combine(work.Path, $"disk-{tried}");
                Directory.CreateDirectory(disk);
                Mount("-t", "tmpfs", "-o", $"size={Megabytes}m", "tmpfs", disk);
                try
                {
                    var folder = Path.Combine(disk, "checkpoints");
                    using var process = new TrainingProcess(training, text, folder, EverySteps, asUser: true);
                    while (!process.HasExited && process.Checkpoint < 3 * EverySteps) Thread.Sleep(1);
                    if (becomesReadOnly) File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
                    else Fill(disk);
                    var code = process.Wait();
                    if (code != 0 || process.Step != TrainingCase.Steps) failures.Add($"{name}: exit code {code} after step {process.Step}. {process.Errors}");
                    else if (!process.Notices.Any(notice => notice.Contains("could not be written", StringComparison.Ordinal))) failures.Add($"{name}: nothing was said.");
                    else survived++;

                    // The checkpoint that was there is whole, and the run goes on from it to the same end.
                    if (becomesReadOnly) File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                    else File.Delete(Path.Combine(disk, "filling"));
                    using var resumed = new TrainingProcess(training, text, folder, 0);
                    using var whole = new TrainingProcess(training, text, Path.Combine(work.Path, $"whole-{tried}"), 0);
                    var ended = resumed.Wait() == 0 && whole.Wait() == 0;
                    if (!ended || resumed.Resumed < process.Checkpoint || TrainingCase.Result(folder) != TrainingCase.Result(Path.Combine(work.Path, $"whole-{tried}")))
                    {
                        lost++;
                        failures.Add($"{name}: resumed after step {resumed.Resumed}, the last checkpoint was of step {process.Checkpoint}. {resumed.Errors}");
                    }
                    Console.WriteLine($"{name}: trained to the end, {process.Notices.Count(notice => notice.Contains("could not be written", StringComparison.Ordinal))} checkpoints not written, "
                        + $"resumed from step {resumed.Resumed} to the same weights: {(failures.Count == 0 ? "yes" : "NO")}");
                }
                finally
                {
                    Start("umount", "-l", disk);
                }
            }
        return (tried, survived, lost, failures);
    }

    private static void Fill(string disk)
    {
        using var file = File.Create(Path.Combine(disk, "filling"));
        var piece = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(piece);
                file.Flush();
            }
        }
        catch (IOException)
        {
        }
    }

    private static void Mount(params string[] arguments)
    {
        if (Start("mount", arguments) != 0) throw new InvalidOperationException($"mount {string.Join(' ', arguments)} failed.");
    }

    private static int Start(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
