using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>A training in a process of its own, which tells on its output what it does.</summary>
internal sealed partial class TrainingProcess : IDisposable
{
    private const string StepMark = "step ", NoticeMark = "notice ";

    private static readonly string[] AsUser = Environment.UserName == "root" ? ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override", "--"] : [];

    private readonly Process _process;
    private readonly Task _reading;
    private readonly Task<string> _errors;
    private readonly List<string> _notices = [];
    private long _step = -1, _checkpoint = -1, _resumed = -1;

    /// <param name="training">What to train.</param>
    /// <param name="text">The prepared text's folder.</param>
    /// <param name="folder">The checkpoint folder.</param>
    /// <param name="everySteps">Steps between checkpoints.</param>
    /// <param name="asUser">Without the administrator's right to write where nobody may.</param>
    public TrainingProcess(TrainingCase training, string text, string folder, int everySteps, bool asUser = false)
    {
        string[] program = [.. asUser ? AsUser : [], Environment.ProcessPath!, .. Self()];
        _process = Process.Start(new ProcessStartInfo(
            program[0],
            [.. program[1..], "train", training.Name, training.Precision.ToString(), training.Seed.ToString(CultureInfo.InvariantCulture), text, folder, everySteps.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        _errors = _process.StandardError.ReadToEndAsync();
        _reading = Task.Run(Read);
    }

    /// <summary>The last step it told of; -1 before the first.</summary>
    public long Step => Interlocked.Read(ref _step);

    /// <summary>The newest checkpoint that it said is on the disk; -1: none.</summary>
    public long Checkpoint => Interlocked.Read(ref _checkpoint);

    /// <summary>The step it went on from; -1: it began.</summary>
    public long Resumed => Interlocked.Read(ref _resumed);

    public string Errors => _errors.Result;

    public IReadOnlyList<string> Notices
    {
        get
        {
            lock (_notices) return [.. _notices];
        }
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Kills it as the system does that has run out of memory: no handler runs.</summary>
    public void Kill() => _process.Kill();

    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Waits for its end, and until all it said has been read.</summary>
    /// <returns>Its exit code; null when it did not end in time.</returns>
    public int? Wait(TimeSpan? patience = null)
    {
        if (!_process.WaitForExit(patience ?? TimeSpan.FromMinutes(3))) return null;
        _reading.Wait();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>What the process runs: see <see cref="TrainingProcess"/>.</summary>
    public static int Train(string[] arguments)
    {
        var training = new TrainingCase(arguments[0], Enum.Parse<Precision>(arguments[1]), ulong.Parse(arguments[2], CultureInfo.InvariantCulture));
        var checkpoints = new CheckpointOptions
        {
            Folder = arguments[4], EverySteps = long.Parse(arguments[5], CultureInfo.InvariantCulture), Interval = TimeSpan.Zero, ResumeFrom = CheckpointOptions.Latest,
        };
        try
        {
            training.Run(new PreparedText(arguments[3]), checkpoints, new Teller());
            return 0;
        }
        catch (OperationCanceledException stopped)
        {
            Console.WriteLine(NoticeMark + stopped.Message);
            return 3;
        }
    }

    /// <summary>What follows the process's path in the command line of this very program, before its arguments.</summary>
    public static string[] Self() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(TrainingProcess).Assembly.Location] : [];

    private void Read()
    {
        while (_process.StandardOutput.ReadLine() is { } line)
            if (line.StartsWith(StepMark, StringComparison.Ordinal)) Interlocked.Exchange(ref _step, Number(line.AsSpan(StepMark.Length)));
            else if (line.StartsWith(NoticeMark, StringComparison.Ordinal))
            {
                if (CheckpointNotice().Match(line) is { Success: true } checkpoint) Interlocked.Exchange(ref _checkpoint, Number(checkpoint.Groups[1].ValueSpan));
                if (ResumeNotice().Match(line) is { Success: true } resumed) Interlocked.Exchange(ref _resumed, Number(resumed.Groups[1].ValueSpan));
                lock (_notices) _notices.Add(line[NoticeMark.Length..]);
            }
    }

    // What the library says.
    [GeneratedRegex(@"^notice Wrote checkpoint '.*step-(\d{10})'")]
    private static partial Regex CheckpointNotice();

    [GeneratedRegex(@"^notice Resumed from checkpoint '.*', after step (\d+) of ")]
    private static partial Regex ResumeNotice();

    private static long Number(ReadOnlySpan<char> text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private sealed class Teller : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            foreach (var notice in value.Notices) Console.WriteLine(NoticeMark + notice);
            Console.WriteLine(FormattableString.Invariant($"{StepMark}{value.Step}"));
        }
    }
}
