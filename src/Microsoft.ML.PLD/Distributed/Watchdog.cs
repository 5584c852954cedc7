using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.PLD;

/// <summary>Ends a process that waits for others for too long: MPI itself waits for ever when a link is cut.</summary>
internal sealed class Watchdog
{
    /// <summary>The environment variable that sets <see cref="Patience"/>, in seconds: <c>PLD_MPI_TIMEOUT</c>.</summary>
    public const string Variable = "PLD_MPI_TIMEOUT";

    private readonly Action<string> _bark;
    private readonly bool _isForAllThreads;
    private readonly Timer _timer;
    private string _operation = "";
    private long _since;

    /// <param name="bark">What ends the job, told of what it waited in.</param>
    /// <param name="isForAllThreads">Whether that may be called while another thread is stuck in the library; else the process ends without it.</param>
    public Watchdog(Action<string> bark, bool isForAllThreads)
    {
        (_bark, _isForAllThreads) = (bark, isForAllThreads);
        var often = TimeSpan.FromSeconds(Math.Clamp(Patience.TotalSeconds / 10, 0.1, 10));
        _timer = new Timer(_ => Look(), null, often, often);
    }

    /// <summary>How long a rank waits: longer than the slowest may take between two sums, which includes reading text and writing checkpoints. 15 minutes, or <see cref="Variable"/>.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(
        double.TryParse(Environment.GetEnvironmentVariable(Variable), CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 1e7 ? seconds : 900);

    /// <summary>Watches until the result is disposed of.</summary>
    public Watch Watch(string operation)
    {
        _operation = operation;
        Volatile.Write(ref _since, Stopwatch.GetTimestamp());
        return new Watch(this);
    }

    internal void Rest() => Volatile.Write(ref _since, 0);

    private void Look()
    {
        var since = Volatile.Read(ref _since);
        if (since == 0 || Stopwatch.GetElapsedTime(since) < Patience) return;
        _timer.Dispose();
        if (!_isForAllThreads)
        {
            // Launchers end a job one of whose processes is killed.
            Console.Error.WriteLine($"This process has waited {Patience.TotalSeconds:F0} seconds for the others of its job in {_operation}, and ends. {Variable} sets how many seconds it waits.");
            Process.GetCurrentProcess().Kill();
        }
        new Thread(() =>
        {
            // A library that is stuck may stick here, too.
            Thread.Sleep(TimeSpan.FromSeconds(5));
            Process.GetCurrentProcess().Kill();
        })
        { IsBackground = true }.Start();
        _bark(_operation);
    }
}

/// <summary>A wait for others, while it lasts.</summary>
internal readonly ref struct Watch(Watchdog watchdog) : IDisposable
{
    public void Dispose() => watchdog.Rest();
}
