using System.CommandLine;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>A set of measurements that belong together.</summary>
internal abstract class Suite(string name, string description)
{
    public static IReadOnlyList<Suite> All { get; } =
        [new PeakSuite(), new TokenizeSuite(), new BatchesSuite(), new StepSuite(), new OptimizerSuite(), new ScoreSuite(), new MemorySuite(), new PipelineSuite(), new PrecisionSuite(), new FineTuneSuite(), new BankingSuite(), new RecipesSuite(), new LongTextsSuite(), new MaskedSuite(), new OnnxSuite(), new RanksSuite(), new SumsSuite(), new ScalingSuite()];

    public string Name => name;

    public string Description => description;

    public virtual IEnumerable<Option> Options => [];

    public abstract void Run(SuiteArguments arguments, Report report);
}

/// <summary>What the command line says.</summary>
/// <param name="Parsed">The suite's own options.</param>
/// <param name="AskedRounds">Measurements of each arm; 0 leaves it to the suite.</param>
internal sealed record SuiteArguments(ParseResult Parsed, int AskedRounds)
{
    public int Rounds(int otherwise) => AskedRounds > 0 ? AskedRounds : otherwise;
}
