namespace Microsoft.ML.PLD;

/// <summary>Passes each report to several sinks, in order. One that throws gets no more reports; the others and the training go on.</summary>
/// <param name="sinks">Nulls are left out.</param>
/// <param name="warn">Told once for each sink that fails.</param>
internal sealed class CombinedProgress(IEnumerable<IProgress<TrainingProgress>?> sinks, Action<string>? warn = null) : IProgress<TrainingProgress>, INoticeSink
{
    private readonly (IProgress<TrainingProgress> Sink, SinkGuard Guard)[] _sinks =
        [.. sinks.OfType<IProgress<TrainingProgress>>().Select(sink => (sink, new SinkGuard()))];

    public void Report(TrainingProgress value) => ToEach(sink => sink.Report(value), $"step {value.Step} of {value.Stage}");

    public void Notify(string stage, string notice) => ToEach(sink => (sink as INoticeSink)?.Notify(stage, notice), $"the start of {stage}");

    public void Warn(string stage, string notice) => ToEach(sink => (sink as INoticeSink)?.Warn(stage, notice), $"the start of {stage}");

    private void ToEach(Action<IProgress<TrainingProgress>> tell, string when)
    {
        foreach (var (sink, guard) in _sinks)
        {
            if (guard.Failure is not null) continue;
            guard.Run(() => tell(sink));
            if (guard.Failure is { } failure) warn?.Invoke($"{sink.GetType().Name} failed at {when} and gets no more reports: {failure.Message}");
        }
    }
}
