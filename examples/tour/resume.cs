#:project ../../src/Microsoft.ML.PLD/Microsoft.ML.PLD.csproj

// Resume and cancel: a pre-training that may be stopped at any time, by Ctrl+C, by a budget of time or by code, and goes on where it was when the same command is given again.
//
//     dotnet run -c Release examples/tour/resume.cs                      press Ctrl+C, and start it again
//     dotnet run -c Release examples/tour/resume.cs -- --seconds 20      stops by itself after so long; start it again
//
// With --smoke it stops itself half-way, goes on, and compares what comes out with a run that nobody disturbed.
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.PLD;

var examples = Path.Combine((string)AppContext.GetData("EntryPointFileDirectoryPath")!, "..");
var folder = Path.Combine("tour-output", "resume");
string[] lines = [.. CorpusBuilder.ReadLines([Path.Combine(examples, "data", "books", "books.valid-small.txt.br")]).Select(line => line ?? "")];
var vocabulary = WordPieceTrainer.Train(lines, vocabularySize: 4_000);
return args.Contains("--smoke") ? Compare() : Run();

// The run as one would have it: SIGINT and SIGTERM are listened to while there is a folder for checkpoints (CheckpointOptions.SaveOnSignals).
int Run()
{
    using var console = new ConsoleProgress();
    using var budget = new CancellationTokenSource();
    if (args is ["--seconds", var seconds]) budget.CancelAfter(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)));
    try
    {
        using var encoder = Train(steps: 400, Keep(), budget.Token, console);
        Console.WriteLine($"trained to the end: {encoder.Model.ParameterCount:N0} weights");
        Directory.Delete(folder, recursive: true); // or the next command would find nothing left to do
        return 0;
    }
    catch (OperationCanceledException stopped)
    {
        Console.WriteLine($"{stopped.Message}\nGive the same command again, and it goes on.");
        return 130; // as shells have it of what Ctrl+C ended
    }
}

// The proof: every loss of the run in two parts is that of the run in one, to the last bit, and so is what comes out.
int Compare()
{
    if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    var (parts, whole) = (new Losses(), new Losses());
    using (var half = new CancellationTokenSource())
    {
        parts.StopAt(20, half);
        try
        {
            Train(steps: 40, Keep(), half.Token, parts).Dispose();
            Console.WriteLine("It was not stopped.");
            return 1;
        }
        catch (OperationCanceledException stopped)
        {
            Console.WriteLine($"stopped after {parts.All.Count} steps: {stopped.Message}");
        }
    }
    using var resumed = Train(steps: 40, Keep(), CancellationToken.None, parts);
    using var straight = Train(steps: 40, new CheckpointOptions(), CancellationToken.None, whole);
    var isSame = parts.All.SequenceEqual(whole.All) && Vector(resumed).SequenceEqual(Vector(straight));
    Console.WriteLine($"{parts.All.Count} steps in two parts, {whole.All.Count} in one; losses and embeddings the same to the last bit: {isSame}");
    Directory.Delete(folder, recursive: true);
    return isSame ? 0 : 1;
}

// Latest: from the newest checkpoint if there is one, or else from the beginning.
CheckpointOptions Keep() => new() { Folder = folder, Interval = TimeSpan.FromMinutes(1), ResumeFrom = CheckpointOptions.Latest };

PldBertTransformer Train(long steps, CheckpointOptions checkpoints, CancellationToken cancellation, IProgress<TrainingProgress> progress)
{
    var mlContext = new MLContext(seed: 1);
    return mlContext.Transforms.PldBert("Features", nameof(Line.Text), new PldBertEstimator.Options
    {
        Config = BertConfig.Tiny with { MaxPositions = 64 }, Vocabulary = vocabulary, EmptyRowsEndDocuments = true, MaxLength = 64,
        Pretraining = new() { Steps = steps, BatchSize = 16, SequenceLength = 32 }, Checkpoints = checkpoints, CancellationToken = cancellation, Progress = [progress],
    }).Fit(mlContext.Data.LoadFromEnumerable(lines.Select(line => new Line { Text = line })));
}

static float[] Vector(PldBertTransformer encoder)
{
    var mlContext = new MLContext();
    return mlContext.Data.CreateEnumerable<Embedded>(encoder.Transform(mlContext.Data.LoadFromEnumerable([new Line { Text = "It was a bright cold day." }])), reuseRowObject: false).Single().Features;
}

internal sealed class Line
{
    public string Text { get; set; } = "";
}

internal sealed class Embedded
{
    public float[] Features { get; set; } = [];
}

internal sealed class Losses : IProgress<TrainingProgress>
{
    private Action<long>? _stop;

    public List<double> All { get; } = [];

    public void StopAt(long step, CancellationTokenSource cancellation) => _stop = done =>
    {
        if (done == step) cancellation.Cancel();
    };

    public void Report(TrainingProgress value)
    {
        All.Add(value.Loss);
        _stop?.Invoke(value.Step);
    }
}
