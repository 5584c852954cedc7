using System.CommandLine;
using Microsoft.ML.PLD;

// Pre-training on several processes: mpirun -n 2 dotnet Distributed.dll starts it twice, and both train one model. Started by itself, it is an ordinary program.
var text = new Option<string[]>("--text")
{
    Description = "Text files (.txt, .txt.br, .txt.gz) or folders: a paragraph a line, an empty line ends a document. Default: the shipped books.", AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [Path.Combine(AppContext.BaseDirectory, "books")],
};
var work = new Option<DirectoryInfo>("--work") { Description = "A folder that all processes see: vocabulary, token shards, checkpoints and the model.", DefaultValueFactory = _ => new DirectoryInfo("distributed-output") };
var steps = new Option<int>("--steps") { Description = "Optimizer steps.", DefaultValueFactory = _ => 200 };
var batchSize = new Option<int>("--batch-size") { Description = "Sequences of a step, of all processes together.", DefaultValueFactory = _ => 64 };
var layers = new Option<int>("--layers") { DefaultValueFactory = _ => 12 };
var hiddenSize = new Option<int>("--hidden-size") { DefaultValueFactory = _ => 128 };

var command = new RootCommand("Pre-trains an encoder on all processes of the job that it is started in; the same command goes on with a run that was stopped.") { text, work, steps, batchSize, layers, hiddenSize };
command.SetAction(arguments =>
{
    var folder = arguments.GetRequiredValue(work).FullName;
    var (vocabulary, shards) = (Path.Combine(folder, "vocab.txt"), Path.Combine(folder, "shards"));

    // One process prepares what all of them read.
    DistributedJob.First(() =>
    {
        if (File.Exists(vocabulary)) return;
        Directory.CreateDirectory(folder);
        var files = arguments.GetRequiredValue(text);
        var learned = WordPieceTrainer.Train(CorpusBuilder.ReadLines(files), 8_192);
        CorpusBuilder.BuildFromFiles(files, new WordPieceTokenizer(learned), shards, new CorpusOptions { Overwrite = true }).Dispose();
        learned.Save(vocabulary); // last: a run that was stopped before begins anew
    });

    var width = arguments.GetValue(hiddenSize);
    var config = new BertConfig { Layers = arguments.GetValue(layers), HiddenSize = width, IntermediateSize = 4 * width, AttentionHeads = Math.Max(1, width / 64), MaxPositions = 128 };
    var options = new PretrainingOptions
    {
        Steps = arguments.GetValue(steps), BatchSize = arguments.GetValue(batchSize), SequenceLength = 128, LayerSchedule = new ProgressiveLayerDrop(0.5), LearningRate = new() { Peak = 1e-3 }, Seed = 1,
    };
    var checkpoints = new CheckpointOptions { Folder = Path.Combine(folder, "checkpoints"), ResumeFrom = CheckpointOptions.Latest };
    using var console = new ConsoleProgress();
    try
    {
        using var model = new BertPretrainer(config, options, checkpoints: checkpoints).Train(shards, WordPieceTokenizer.FromVocabularyFile(vocabulary), console);
        // All processes have the model; one writes it.
        if (DistributedJob.IsFirst) model.SavePretrained(Path.Combine(folder, "model"));
        Console.WriteLine($"Rank {DistributedJob.Rank} of {DistributedJob.Size} on {Environment.MachineName} has trained.");
        return 0;
    }
    catch (OperationCanceledException stopped)
    {
        Console.Error.WriteLine($"{stopped.Message} The same command goes on.");
        return 130;
    }
});
return command.Parse(args).Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null }); // a signal is for the training
