using Microsoft.ML.PLD;

namespace Compare;

/// <summary>Times steps of different plans on this machine, for each kind of arm that takes a time of its own.</summary>
/// <param name="corpus">The text.</param>
/// <param name="runtime">Where and how to compute.</param>
/// <param name="cancellationToken">Stops it.</param>
internal sealed class ReferenceProbe(PreparedText corpus, RuntimeOptions runtime, CancellationToken cancellationToken)
{
    private const int Passes = 3; // over all kinds of arms, so that a slow quarter of an hour meets all of them

    /// <summary>What the time of a plan depends on, beside the plan: arms with the same share a table.</summary>
    public static string KindOf(Arm arm) => FormattableString.Invariant(
        $"{arm.Model.Layers} blocks of {arm.Model.HiddenSize}, {arm.Model.AttentionHeads} heads, {arm.Model.IntermediateSize} within, {arm.Model.NormPlacement}LN{(arm.Model.EmbeddingNorm ? "" : " without embedding norm")}, ")
        + FormattableString.Invariant($"{arm.Training.BatchSize} x {arm.Training.SequenceLength}, dropout {arm.Training.HiddenDropout} {arm.Training.AttentionDropout}, {(arm.Training.NextSentencePrediction ? "pairs" : "masks only")}, ")
        + FormattableString.Invariant($"{arm.Training.MaskingRate} masked, {arm.MicroBatchSize} at once");

    /// <param name="arms">Arms of each kind; one of each is timed.</param>
    /// <param name="rounds">How often each plan is timed.</param>
    /// <param name="say">Told what is going on.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public IReadOnlyDictionary<string, ReferenceTimes> Measure(IReadOnlyList<IGrouping<string, Arm>> arms, int rounds, Action<string> say)
    {
        var schedules = arms.Select(same => new ProbeSchedule(same.First().Model.Layers)).ToArray();
        var seconds = schedules.Select(schedule => Enumerable.Range(0, schedule.Count).Select(_ => new List<double>()).ToArray()).ToArray();
        for (var pass = 0; pass < Passes; pass++)
            for (var kind = 0; kind < arms.Count; kind++)
            {
                say($"Timing steps, pass {pass + 1} of {Passes}: {arms[kind].Key}");
                var taken = Time(arms[kind].First(), schedules[kind], (rounds + Passes - 1) / Passes);
                for (var plan = 0; plan < taken.Length; plan++) seconds[kind][plan].AddRange(taken[plan]);
            }
        return arms.Select((same, kind) => (same.Key, ReferenceTimes.Fit([.. seconds[kind].Select((of, plan) => schedules[kind].Timed(plan, of))]))).ToDictionary();
    }

    private List<double>[] Time(Arm arm, ProbeSchedule schedule, int rounds)
    {
        // The first round warms up, and the last step is validated.
        var options = arm.TrainingFor(seed: 1, schedule.Count * (rounds + 1L) + 1) with { LayerSchedule = schedule, ValidationSequences = 1, ValidationInterval = long.MaxValue };
        var clock = new StepClock(schedule.Count);
        new BertPretrainer(arm.Model, options, runtime with { MicroBatchSize = arm.MicroBatchSize }).Train(corpus.Shards, corpus.Tokenizer, clock, cancellationToken, corpus.ValidationShards).Dispose();
        return [.. clock.Seconds.Select(of => of.Skip(1).Take(rounds).ToList())];
    }

    private sealed class StepClock(int plans) : IProgress<TrainingProgress>
    {
        private TimeSpan _before;

        public List<double>[] Seconds { get; } = [.. Enumerable.Range(0, plans).Select(_ => new List<double>())];

        public void Report(TrainingProgress value)
        {
            Seconds[(value.Step - 1) % plans].Add((value.Elapsed - _before).TotalSeconds);
            _before = value.Elapsed;
        }
    }
}
