using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>The loop that pre-training and fine-tuning share: steps, reports, checkpoints, and what to do when something goes wrong.</summary>
/// <param name="task">What is trained.</param>
/// <param name="checkpoints">Where the run is kept, and where it goes on. Of several ranks the first one's count.</param>
/// <param name="progress">Told of every step; of several ranks the first one's.</param>
/// <param name="checkAlive">Called before every micro-batch, on any thread; throws to stop.</param>
internal sealed class TrainingLoop(ITrainingTask task, CheckpointOptions checkpoints, IProgress<TrainingProgress>? progress = null, Action? checkAlive = null)
{
    private readonly List<string> _notices = [], _warnings = []; // a warning is also a notice
    private readonly IProgress<TrainingProgress>? _progress = task.Ranks.Rank == 0 ? progress : null;
    private readonly CheckpointOptions _checkpoints = task.Ranks.Rank == 0 ? checkpoints : checkpoints with { Folder = null, ResumeFrom = null };
    private readonly TrainingRun _run = new() { Options = task.Options, Environment = RunEnvironment(task), ParameterCount = task.Weights.Count };
    private readonly ulong _fingerprint = task.Ranks.Size > 1 ? StepFingerprint.Of(task.Options.Concat(task.Calls)) : 0;
    private CancellationResult _whenCancelled = checkpoints.WhenCancelled;
    private OperationCanceledException? _asked; // by who was told of a step

    /// <summary>Trains to the last step, or until it is stopped.</summary>
    /// <returns>What was done.</returns>
    /// <exception cref="OperationCanceledException">It was stopped; see <see cref="CheckpointOptions.WhenCancelled"/>.</exception>
    /// <exception cref="TrainingDivergedException">Its losses are no numbers.</exception>
    public TrainingSummary Run()
    {
        using var work = task.Ranks.Begin();
        try
        {
            return Train();
        }
        catch (Exception failure) when (failure is not (OperationCanceledException or TrainingDivergedException)) // which come on all ranks
        {
            task.Ranks.Abort($"{failure.GetType().Name}: {failure.Message}");
            throw;
        }
    }

    private TrainingSummary Train()
    {
        TellMemory();
        if (task.Caution is { } caution) Warn(caution);
        (var handlesSignals, _whenCancelled) = task.Ranks.Broadcast((checkpoints is { Folder: not null, SaveOnSignals: true }, checkpoints.WhenCancelled));
        using var signals = handlesSignals ? new StopSignals() : null;
        void CheckAlive()
        {
            if (_asked is { } asked) throw asked;
            signals?.ThrowIfReceived();
            checkAlive?.Invoke();
        }
        using var gradients = new GradientStep(task.Weights, task.Optimizer, task.Cut.Workers, task.Cut.Recompute, CheckAlive, task.RateFactor, task.Ranks, task.ShardsOptimizer);
        using var keeper = new CheckpointKeeper(task, gradients.Optimizer, _checkpoints, _notices.Add, Warn);
        using var best = new BestWeights(task.Weights);
        var state = Share(keeper.Start(), gradients.Optimizer);
        task.Measured = state.Measured;
        var (meter, before, tokens) = (new ThroughputMeter(task.Steps, state.Step), state.Seconds, 0L);
        try
        {
            if (state.Step > 0 && state.Validations.All(validation => validation.Step != state.Step)) Validate(ref state, best, CheckAlive); // it was stopped in the midst of one
            if (IsDone(state)) Report(Progress(state, LayerPlan.Dense(task.Network.Config.Layers), 0)); // there is no step to be told of
            while (!IsDone(state))
                foreach (var batch in task.From(state.Step, state.MicroBatchSize))
                {
                    if (!TryTake(ref state, batch, gradients, keeper, out var norm)) break; // and from there in smaller parts
                    Grow(ref state, gradients);
                    var validated = Validate(ref state, best, CheckAlive);

                    var throughput = meter.Measure(state.Step, tokens += batch.Tokens);
                    state = state with { Seconds = before + throughput.Elapsed.TotalSeconds };
                    keeper.Keep(state);
                    Report(Progress(state, batch.Plan, norm) with
                    {
                        BlockShare = batch.BlockShare,
                        TokensPerSecond = throughput.TokensPerSecond,
                        Remaining = throughput.Remaining,
                        ValidationLoss = validated?.Loss,
                        ValidationAccuracy = validated?.Accuracy,
                        ValidationMetric = validated?.Metric,
                        ValidationNextSentenceAccuracy = validated?.NextSentenceAccuracy,
                    });
                    if (IsDone(state)) break;
                }
            ThrowIfAnyReceived(signals); // in the last step: it is still to be answered
            End(state, keeper, best);
        }
        catch (OperationCanceledException cancelled)
        {
            Stop(state, gradients, keeper, best, cancelled);
        }
        return TrainingSummary.Of(state, task.Steps);
    }

    private static Dictionary<string, string> RunEnvironment(ITrainingTask task)
    {
        var facts = new Dictionary<string, string>(MachineFacts.All);
        foreach (var (name, value) in task.Runtime) facts.TryAdd(name, value);
        return facts;
    }

    // The ranks may have read other folders, or none.
    private TrainingState Share(TrainingState state, AdamW optimizer)
    {
        if (task.Ranks.Size == 1) return state;
        using var stream = new MemoryStream();
        state.Write(stream);
        state = TrainingState.Read(new MemoryStream(task.Ranks.BroadcastBytes(stream.ToArray())), "rank 0");
        ShareWeights();
        if (state.Step > 0) optimizer.Share(task.Ranks);
        else optimizer.Forget(); // of no steps
        return state;
    }

    private void ShareWeights()
    {
        foreach (var weight in task.Weights.All) task.Ranks.Broadcast(weight.Value);
        task.Weights.Refresh();
    }

    // Who is told may throw to stop. The other ranks are not told, and learn of it in the next step.
    private void Report(TrainingProgress progress) => Tell(() => _progress?.Report(progress));

    private void Tell(Action tell)
    {
        try
        {
            tell();
        }
        catch (OperationCanceledException asked) when (task.Ranks.Size > 1)
        {
            _asked = asked;
        }
    }

    private void ThrowIfAnyReceived(StopSignals? signals)
    {
        long[] stopped = [_asked is not null || signals?.HasReceived is true ? 1 : 0];
        task.Ranks.Sum<long>(stopped);
        if (stopped[0] == 0) return;
        if (_asked is { } asked) throw asked;
        signals?.ThrowIfReceived();
        throw new OperationCanceledException("Another rank of the job was stopped.");
    }

    private bool IsDone(TrainingState state) => state.Step >= task.Steps || StopsEarly(state);

    // Not while the encoder is still to grow: what is judged would not be what is left in the end.
    private bool StopsEarly(TrainingState state) => task.Patience > 0 && state.ValidationsSinceBest >= task.Patience && GrowthFrom(state.Step + 1) is null;

    private BlockCopies? GrowthFrom(long stepsDone) => task.LayerSchedule.CopiesAfter(stepsDone, task.Steps, task.Steps, task.Network.Config.Layers);

    private void End(TrainingState state, CheckpointKeeper keeper, BestWeights best)
    {
        if (state.Step < task.Steps)
        {
            keeper.KeepNow(state);
            _notices.Add($"{task.Stage} ends after step {state.Step} of {task.Steps}: the last {state.ValidationsSinceBest} validations were no better than that of step {state.Best?.Step ?? 0}.");
        }
        if (task.RestoresBest) RestoreBest(state, keeper, best);
        if (state.Best is { IsUndefined: true })
            Warn($"{task.Options.GetValueOrDefault(nameof(FineTuningOptions.ValidationMetric))} was NaN in every validation (held-out rows of one class, or constant values); validations were judged by the loss.");
        if (_progress is INoticeSink sink)
            foreach (var notice in _notices)
                Tell(() =>
                {
                    if (_warnings.Contains(notice)) sink.Warn(task.Stage, notice);
                    else sink.Notify(task.Stage, notice);
                });
        _notices.Clear();
        _warnings.Clear();
    }

    private void Warn(string notice)
    {
        _notices.Add(notice);
        _warnings.Add(notice);
    }

    // Of a run that was resumed the best weights may be on the disk only.
    private void RestoreBest(TrainingState state, CheckpointKeeper keeper, BestWeights best)
    {
        if (state.Validations.Count == 0)
        {
            _notices.Add($"The model is that of step {state.Step}: there was no validation.");
            return;
        }
        if (state.Best is { } found && found.Step == state.Step) return;
        if (state.Best?.Step != best.Step)
        {
            keeper.RestoreBest(state);
            if (task.Ranks.Size > 1) ShareWeights();
            return;
        }
        best.Restore();
        _notices.Add($"The model is that of step {best.Step}, whose validation was the best.");
    }

    private HeldOutResult? Validate(ref TrainingState state, BestWeights best, Action checkAlive)
    {
        if (task.Validate(state.Step, checkAlive) is not { } result) return null;
        state = state.With(Validation.Of(state.Step, result));
        if (task.RestoresBest && state.Best?.Step == state.Step) best.Take(state.Step);
        return result;
    }

    // Before anything but the weights is made: on Linux, a process that takes too much is ended without a word.
    private void TellMemory()
    {
        if (_progress is not INoticeSink sink) return;
        var memory = task.Memory(keepsCheckpoints: checkpoints.Folder is not null);
        sink.Notify(task.Stage, FormattableString.Invariant($"{task.Weights.Count:N0} parameters. The estimated peak memory is {memory}."));
        if (task.Weights.Device.type == DeviceType.CPU && AvailableMemory.Bytes is { } available && memory.Total - memory.Masters > available)
            sink.Warn(task.Stage, FormattableString.Invariant(
                $"That may not fit: {available / 1e9:F2} GB are free. A smaller MicroBatchSize, fewer Workers, or RecomputeActivations = true take less."));
    }

    // False: there was not enough memory, and nothing has changed but the size of the micro-batches.
    private bool TryTake(ref TrainingState state, in StepBatch batch, GradientStep gradients, CheckpointKeeper keeper, out double norm)
    {
        try
        {
            (state, norm) = Take(state, batch, gradients, keeper);
            return true;
        }
        catch (Exception failure) when (OutOfMemory.Is(failure) && state.MicroBatchSize > 1)
        {
            state = state with { MicroBatchSize = (state.MicroBatchSize + 1) / 2 };
            Warn($"There was not enough memory for step {state.Step + 1}; it is taken again with micro-batches of {state.MicroBatchSize}.");
            norm = double.NaN;
            return false;
        }
    }

    private (TrainingState State, double GradientNorm) Take(TrainingState state, in StepBatch batch, GradientStep gradients, CheckpointKeeper keeper)
    {
        var rate = task.LearningRate.At(state.Step, task.Steps);
        var plan = batch.IsPlanShared ? batch.Plan : null;
        if (task.Ranks.Size > 1) StepFingerprint.Agree(task.Ranks, StepFingerprint.Of(_fingerprint, state, plan));
        var (loss, norm) = gradients.Take(rate, batch.Losses, plan);
        var number = state.Step + 1;
        var skipped = double.IsFinite(norm) ? 0 : state.SkippedSteps + 1;
        if (skipped > task.Optimizer.MaxSkippedSteps)
            throw new TrainingDivergedException(FormattableString.Invariant(
                $"Training has diverged: the loss or its gradients were not finite in {skipped} steps in a row (MaxSkippedSteps is {task.Optimizer.MaxSkippedSteps}), up to step {number}. The learning rate was {rate:G3}; try a lower one, or a longer warm-up. {keeper.LastKept}"));
        if (skipped > 0)
            Warn(FormattableString.Invariant(
                $"Step {number} was skipped, and the weights stay as they are: its loss is {loss}, its gradient norm {norm}. More than {task.Optimizer.MaxSkippedSteps} such steps in a row (MaxSkippedSteps) end the training."));
        else if (state.LossTrend.IsSpike(loss))
            Warn(FormattableString.Invariant($"The loss leaps to {loss:F3} at step {number}; it was {state.LossTrend.Mean:F3} on average."));
        return (state with
        {
            Step = number,
            Measured = task.Measured,
            DataPosition = task.DataPosition(number),
            SkippedSteps = skipped,
            Loss = loss,
            LossTrend = state.LossTrend.With(loss),
        }, norm);
    }

    private TrainingProgress Progress(TrainingState state, LayerPlan plan, double norm)
    {
        string[] notices = [.. _notices], warnings = [.. _warnings];
        _notices.Clear();
        _warnings.Clear();
        return new TrainingProgress
        {
            Stage = task.Stage, Step = state.Step, TotalSteps = task.Steps, Loss = state.Loss ?? double.NaN, LearningRate = task.LearningRate.At(Math.Max(0, state.Step - 1), task.Steps),
            GradientNorm = norm, Theta = plan.Theta, BlocksRun = plan.Runs.Count, BlockShare = plan.ActualShare, Blocks = plan.Blocks, Elapsed = TimeSpan.FromSeconds(state.Seconds), Notices = notices, Warnings = warnings,
            Run = _run, KeepProbabilities = _progress is null ? [] : task.LayerSchedule.Knowing(state.Measured).KeepProbabilities(Math.Max(0, state.Step - 1), task.Steps, plan.Blocks),
        };
    }

    // The encoder that earlier validations measured is no more: the best one is sought among those to come.
    private void Grow(ref TrainingState state, GradientStep gradients)
    {
        if (task.LayerSchedule.CopiesAfter(state.Step, task.Steps, task.Network.Config.Layers) is not { } copies) return;
        gradients.Copy(copies);
        state = state with { Validations = [] };
    }

    private void Stop(TrainingState state, GradientStep gradients, CheckpointKeeper keeper, BestWeights best, OperationCanceledException cancelled)
    {
        keeper.KeepNow(state);
        if (_whenCancelled == CancellationResult.Throw)
            throw new OperationCanceledException(
                string.Join(' ', [$"{task.Stage} was stopped after step {state.Step} of {task.Steps}: {cancelled.Message}", .. _notices, keeper.LastKept]), cancelled, cancelled.CancellationToken);
        if (_whenCancelled == CancellationResult.ReturnBest) RestoreBest(state, keeper, best);
        if (GrowthFrom(state.Step + 1) is { } copies)
        {
            gradients.Copy(copies);
            _notices.Add("The encoder had not grown to all of its blocks; those to come have the weights that they would have begun with.");
        }
        _notices.Add($"{task.Stage} was stopped after step {state.Step} of {task.Steps}: {cancelled.Message} {keeper.LastKept}");
        Report(Progress(state, LayerPlan.Dense(task.Network.Config.Layers), 0));
    }
}
