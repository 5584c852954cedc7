#:project ../src/Microsoft.ML.PLD/Microsoft.ML.PLD.csproj
#:package libtorch-cpu-linux-x64
#:property TargetFramework=net10.0
#:property PublishAot=false
#:property NoWarn=CS1591

// Teaches a pre-trained encoder to compare sentences: fine-tunes it on a table of pairs and how much they have in common, and writes the mean of what comes out, of MODEL and of the
// models that MODEL has grown from, so that it can still do what they could.
//
//     dotnet run -c Release build/compare-pairs.cs -- MODEL OUTPUT PAIRS.tsv RATE SEED [GROWN_FROM...]
//
// PAIRS.tsv: sentence, sentence, number, as build/noised-copies.cs writes it with "graded". A twentieth of the pairs is held out; what they are blended with may be in others. OUTPUT has the mean in bfloat16, and in
// OUTPUT/comparing the fine-tuned encoder alone, with the pre-training heads of MODEL.
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.PLD;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length < 5)
{
    Console.Error.WriteLine($"There are {args.Length} arguments; expected MODEL OUTPUT PAIRS.tsv RATE SEED [GROWN_FROM...] (see the head of build/compare-pairs.cs).");
    return 2;
}
var (folder, output, pairs, rate, seed) = (args[0], args[1], args[2], double.Parse(args[3], CultureInfo.InvariantCulture), int.Parse(args[4], CultureInfo.InvariantCulture));
var mlContext = new MLContext(seed);
using var pretrained = BertModel.FromPretrained(folder);
using var console = new ConsoleProgress();
var data = mlContext.Data.LoadFromEnumerable(File.ReadLines(pairs).Select((line, number) =>
    line.Split('\t') is [var first, var second, var common] && float.TryParse(common, CultureInfo.InvariantCulture, out var label)
        ? new Pair { Sentence1 = first, Sentence2 = second, Label = label }
        : throw new InvalidDataException($"'{pairs}', line {number + 1}: expected sentence, sentence and number, parted by tabs.")));
var parts = mlContext.Data.TrainTestSplit(data, testFraction: 0.05, seed: seed);
var trainer = mlContext.Regression.Trainers.PldBert(new PldBertRegressionTrainer.Options
{
    Sentence1ColumnName = nameof(Pair.Sentence1), Sentence2ColumnName = nameof(Pair.Sentence2), Pretrained = pretrained, Progress = [console],
    FineTuning = new() { Epochs = 1, LearningRate = new() { Peak = rate, WarmupShare = 0.06 }, MaxLength = 96, HiddenDropout = 0, AttentionDropout = 0 },
});
using var transformer = trainer.Fit(parts.TrainSet);
var metrics = mlContext.Regression.Evaluate(transformer.Transform(parts.TestSet));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Held-out pairs: R2 {metrics.RSquared:F3}, mean absolute error {metrics.MeanAbsoluteError:F3}"));
using var comparing = transformer.ToPretrained(pretrained);
comparing.SavePretrained(Path.Combine(output, "comparing"));
var before = args[5..].Select(path => BertModel.FromPretrained(path)).ToArray();
using var mean = BertModel.Average([comparing, pretrained, .. before]);
mean.SavePretrained(output, Precision.BFloat16);
foreach (var model in before) model.Dispose();
return 0;

internal sealed class Pair
{
    public string Sentence1 { get; set; } = "";
    public string Sentence2 { get; set; } = "";
    public float Label { get; set; }
}
