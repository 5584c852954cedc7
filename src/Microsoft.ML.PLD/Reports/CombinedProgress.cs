namespace Microsoft.ML.PLD;

/// <summary>Passes each report to several sinks, in order. One that throws gets no more reports; the others and the training go on.</summary>
/// <param name="sinks">Nulls are left out.</param>
/// <param name="warn">Told once for each sink that fails.</param>
internal sealed class CombinedProgress(IEnumerable<IProgress<TrainingProgress>?> sinks, Action<string>? warn = null) : IProgress<TrainingProgress>
{
    private readonly (IProgress<TrainingProgress> Sink, SinkGuard Guard)[] _sinks =
        [.. sinks.OfType<IProgress<TrainingProgress>>().Select(sink => (sink, new SinkGuard()))];

    public void Report(TrainingProgress value)
    {
        foreach (var (sink, guard) in _sinks)
        {
            if (guard.Failure is not null) continue;
            guard.Run(() => sink.Report(value));
            if (guard.Failure is { } failure)
                warn?.Invoke($"{sink.GetType().Name} failed at step {value.Step} of {value.Stage} and gets no more reports: {failure.Message}");
        }
    }
}
