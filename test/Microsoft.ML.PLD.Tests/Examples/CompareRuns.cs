using Compare;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Configs and results of comparisons for tests.</summary>
internal static class CompareRuns
{
    public const string Two = """
        { "title": "A & B", "text": ["a.txt"], "budget": { "equal": "steps", "steps": 100 }, "seeds": [1, 2, 3], "validations": 2,
          "model": { "layers": 4, "hidden_size": 64 }, "training": { "batch_size": 8, "sequence_length": 32 },
          "arms": [ { "name": "dense" }, { "name": "pld", "schedule": { "name": "ProgressiveLayerDrop", "theta_bar": 0.5 } } ] }
        """;

    public static ComparisonConfig Config(string json = Two) => ComparisonConfig.Parse(json, "compare.json");

    /// <summary>A run of 100 steps with 8 samples each, validated after 50 and 100.</summary>
    public static RunResult Run(string arm, ulong seed, double half, double final, double secondsPerStep = 1, string? failure = null) => new()
    {
        Arm = arm, Seed = seed, Steps = 100, Samples = 800, BlockFlops = 1e6 * secondsPerStep, ReferenceSeconds = 100 * secondsPerStep, WallSeconds = 120 * secondsPerStep,
        Validations = failure is not null ? [] :
        [
            new ValidationPoint(50, 400, 5e5 * secondsPerStep, 50 * secondsPerStep, 60 * secondsPerStep, half),
            new ValidationPoint(100, 800, 1e6 * secondsPerStep, 100 * secondsPerStep, 120 * secondsPerStep, final),
        ],
        Trace = [], Failure = failure, Build = "1.0", Machine = "test",
    };

    public static Summary Summary(params RunResult[] runs) => new(Config(), runs, []);

    public static Summary Summary(string json, params RunResult[] runs) => new(Config(json), runs, []);
}
