namespace Microsoft.ML.PLD.FaultTests;

/// <summary>training.json of a checkpoint.</summary>
internal sealed class StateTarget : FuzzTarget
{
    public override IReadOnlyList<FuzzSeed> Seeds { get; } =
    [
        Seed(new TrainingState
        {
            Stage = "pretraining", Step = 12, DataPosition = 345, VocabularySha256 = SmallModel.Vocabulary.Sha256, MicroBatchSize = 8, Loss = double.NaN, Seconds = 1.5, Written = DateTimeOffset.UnixEpoch,
            Options = new Dictionary<string, string> { ["Steps"] = "100", ["Rate"] = "0.001" }, Runtime = new Dictionary<string, string> { ["Device"] = "cpu" },
            Validations = [new(1, 2.5, 0.25), new(9, 2, 0.5)],
        }),
        Seed(new TrainingState
        {
            Stage = "", Step = 0, DataPosition = 0, VocabularySha256 = "", MicroBatchSize = 1, Written = DateTimeOffset.UnixEpoch, Options = new Dictionary<string, string>(), Runtime = new Dictionary<string, string>(),
        }),
    ];

    public override object? Parse(byte[] input) => TrainingState.Read(new MeteredStream(input, canSeek: true), "training.json");

    public override void Use(object parsed) => _ = ((TrainingState)parsed).With(new Validation(1, 1, 1)).Best;

    private static FuzzSeed Seed(TrainingState state)
    {
        using var stream = new MemoryStream();
        state.Write(stream);
        return new(stream.ToArray(), new JsonFormat());
    }
}
