using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>Listens for what asks a process to end (SIGINT or Ctrl+C, SIGTERM) while there is work to be saved first.</summary>
/// <remarks>The first signal is held back; a second one ends the process as usual.</remarks>
internal sealed class StopSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;
    private volatile string? _received;

    public StopSignals() => _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(signal => PosixSignalRegistration.Create(signal, Hold))];

    /// <summary>Whether a signal has come.</summary>
    public bool HasReceived => _received is not null;

    /// <exception cref="OperationCanceledException">A signal has come.</exception>
    public void ThrowIfReceived()
    {
        if (_received is { } signal) throw new OperationCanceledException($"The process was asked to end ({signal}).");
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    private void Hold(PosixSignalContext context)
    {
        context.Cancel = _received is null;
        _received = context.Signal.ToString();
    }
}
