using System.Xml;
using System.Xml.Linq;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Pages of trainings that nobody has run, and how to read them.</summary>
internal static class ReportPages
{
    /// <summary>What somebody might write to break a page.</summary>
    public const string Hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)> ]]> <!-- & \"' \0\u0008\ud800\uffff \u202e https://example.com/x.js";

    public static XNamespace Html { get; } = "http://www.w3.org/1999/xhtml";

    /// <summary>A pre-training with layer dropping.</summary>
    public static IEnumerable<TrainingProgress> Pretraining(long steps, long from = 1, TrainingRun? run = null)
    {
        run ??= new() { Options = new Dictionary<string, string> { ["Seed"] = "1", ["Data"] = "d", ["LearningRate.Peak"] = "0.001" }, Environment = new Dictionary<string, string> { [".NET"] = "10" }, ParameterCount = 3_045_155 };
        var schedule = new ProgressiveLayerDrop(0.5);
        for (var step = from; step <= steps; step++)
        {
            var plan = schedule.PlanAt(step - 1, steps, 12, seed: 1);
            yield return new()
            {
                Stage = "Pre-training", Step = step, TotalSteps = steps, Loss = 9 - 4.0 * step / steps + Math.Sin(step * 0.7) * 0.3, LearningRate = 1e-3 * (1 - (double)step / (steps + 1)), Theta = plan.Theta,
                BlocksRun = plan.Runs.Count, Blocks = 12, BlockShare = plan.ActualShare, GradientNorm = 1 + Math.Cos(step) * 0.2, TokensPerSecond = 1_000 + step % 7, Elapsed = TimeSpan.FromSeconds(step * 0.5),
                ValidationLoss = step % 50 == 0 || step == steps ? 8.5 - 3.0 * step / steps : null, ValidationAccuracy = step % 50 == 0 || step == steps ? 0.4 * step / steps : null,
                KeepProbabilities = schedule.KeepProbabilities(step - 1, steps, 12), Run = run,
            };
        }
    }

    /// <summary>Predictions of classes, some of them wrong.</summary>
    public static ClassEvaluation Classes(int classes, int rows, string name = "class", string text = "Where is my new card?")
    {
        var evaluation = new ClassEvaluation("Test rows", [.. Enumerable.Range(0, classes).Select(index => $"{name}_{index}")]);
        var random = new Random(1);
        for (var row = 0; row < rows; row++)
        {
            var (label, confidence) = (random.Next(classes), 0.4f + 0.6f * random.NextSingle());
            var isRight = random.NextSingle() < confidence;
            evaluation.Add(label, isRight ? label : random.Next(classes), (confidence, isRight ? confidence : (1 - confidence) / 2), () => $"{text} {row}");
        }
        return evaluation;
    }

    public static NumberEvaluation Numbers(int rows, string text = "How much is it?")
    {
        var evaluation = new NumberEvaluation("Test rows");
        var random = new Random(2);
        for (var row = 0; row < rows; row++)
        {
            var label = random.NextSingle() * 5;
            evaluation.Add(label, label + random.NextSingle() - 0.5f, () => $"{text} {row}");
        }
        return evaluation;
    }

    /// <summary>Reads a page as what it is: XML.</summary>
    public static XDocument Parse(string path)
    {
        using var reader = XmlReader.Create(path, new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore, CheckCharacters = true });
        return XDocument.Load(reader);
    }

    /// <summary>The steps of a curve that the page keeps.</summary>
    public static long[] Steps(string path, Measure measure, int stage = 0) => [.. ReportData.ReadFrom(path).Stages[stage].Of(measure).Select(point => point.FirstStep)];
}
