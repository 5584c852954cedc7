using System.CommandLine;
using Microsoft.ML.PLD;
using Pretraining;

// Pre-training from text files without ML.NET, with the options that matter on the command line: the figures in docs/benchmarks can be made again with it.
var text = new Option<string[]>("--text") { Description = "Text files (.txt, .txt.br, .txt.gz) or folders: a paragraph a line, an empty line ends a document.", Required = true, AllowMultipleArgumentsPerToken = true };
var work = new Option<DirectoryInfo>("--work") { Description = "Where vocabulary, token shards and the model go.", DefaultValueFactory = _ => new DirectoryInfo("pretraining-output") };
var vocabularySize = Number("--vocabulary-size", 8_192);
var layers = Number("--layers", 12);
var hiddenSize = Number("--hidden-size", 128);
var steps = Number("--steps", 1_000);
var batchSize = Number("--batch-size", 32);
var sequenceLength = Number("--sequence-length", 64);
var validationInterval = Number("--validation-interval", 0);
var seed = Number("--seed", 1);
var learningRate = Real("--learning-rate", 2e-3);
var warmup = Real("--warmup", 0.05);
var theta = Real("--theta", 0.5);
var gamma = Real("--gamma-times-steps", 100);
var dropout = Real("--dropout", 0);
var beta2 = Real("--beta2", 0.999);
var weightDecay = Real("--weight-decay", 0.01);
var initializerRange = new Option<double?>("--initializer-range");
var norm = new Option<NormPlacement>("--norm") { DefaultValueFactory = _ => NormPlacement.Pre };
var reuse = new Option<bool>("--reuse") { Description = "Go on with the vocabulary and the shards that are in --work already." };
var resume = new Option<bool>("--resume") { Description = "Go on with the run in --work, of the same options: implies --reuse." };
var allowChange = new Option<string[]>("--allow-change") { Description = "With --resume: options that may differ from the run's, as the message that refuses them names them.", AllowMultipleArgumentsPerToken = true };
var from = new Option<DirectoryInfo?>("--from") { Description = "Goes on from the model in this folder, with its architecture and vocabulary: on other text, with another objective, or for longer." };
var nextSentence = new Option<bool>("--next-sentence") { Description = "Sequences are pairs; the model also learns whether the second follows the first." };
var sinusoidal = new Option<bool>("--sinusoidal-positions") { Description = "The positions' initial vectors are waves." };
var grow = new Option<GrowthStage[]>("--grow")
{
    Description = "Begin with the lowest blocks: 3:0.3 6:0.5 runs 3 of them in the first 30 % of the steps, 6 up to the half.", AllowMultipleArgumentsPerToken = true,
    CustomParser = given =>
    {
        try
        {
            return GrowthStages.Parse(given.Tokens.Select(token => token.Value));
        }
        catch (FormatException problem)
        {
            given.AddError(problem.Message);
            return null;
        }
    },
};
var noEmbeddingNorm = new Option<bool>("--no-embedding-norm");
var noFrequencyBias = new Option<bool>("--no-frequency-bias");
var precision = new Option<Precision>("--precision") { DefaultValueFactory = _ => Precision.Auto };

var command = new RootCommand("Pre-trains an encoder with progressive layer dropping.")
{
    text, work, from, vocabularySize, layers, hiddenSize, steps, batchSize, sequenceLength, validationInterval, seed, learningRate, theta, gamma, dropout,
    warmup, beta2, weightDecay, nextSentence, sinusoidal, grow, reuse, resume, allowChange, initializerRange, norm, noEmbeddingNorm, noFrequencyBias, precision,
};
command.SetAction(arguments =>
{
    var files = arguments.GetRequiredValue(text);
    var folder = arguments.GetRequiredValue(work).FullName;
    var (vocabulary, shards) = (Path.Combine(folder, "vocab.txt"), Path.Combine(folder, "shards"));
    using var start = arguments.GetValue(from) is { } trained ? BertModel.FromPretrained(trained.FullName) : null;
    if (!arguments.GetValue(reuse) && !arguments.GetValue(resume))
    {
        Directory.CreateDirectory(folder);
        (start?.Tokenizer.Vocabulary ?? WordPieceTrainer.Train(CorpusBuilder.ReadLines(files), arguments.GetValue(vocabularySize))).Save(vocabulary);
        CorpusBuilder.BuildFromFiles(files, WordPieceTokenizer.FromVocabularyFile(vocabulary), shards, new CorpusOptions { Overwrite = true }).Dispose();
    }
    var tokenizer = WordPieceTokenizer.FromVocabularyFile(vocabulary);

    var width = arguments.GetValue(hiddenSize);
    var config = new BertConfig
    {
        Layers = arguments.GetValue(layers), HiddenSize = width, IntermediateSize = 4 * width, AttentionHeads = Math.Max(1, width / 64),
        MaxPositions = arguments.GetValue(sequenceLength), NormPlacement = arguments.GetValue(norm),
        EmbeddingNorm = !arguments.GetValue(noEmbeddingNorm), SinusoidalPositions = arguments.GetValue(sinusoidal), InitializerRange = arguments.GetValue(initializerRange),
    };
    ILayerSchedule schedule = new ProgressiveLayerDrop(arguments.GetValue(theta), gammaTimesSteps: arguments.GetValue(gamma));
    if (arguments.GetValue(grow) is { Length: > 0 } stages) schedule = new GrowingDepth(schedule, stages);
    var options = new PretrainingOptions
    {
        Steps = arguments.GetValue(steps), BatchSize = arguments.GetValue(batchSize), SequenceLength = arguments.GetValue(sequenceLength),
        LayerSchedule = schedule, LearningRate = new() { Peak = arguments.GetValue(learningRate), WarmupShare = arguments.GetValue(warmup) },
        ValidationInterval = arguments.GetValue(validationInterval), Seed = (ulong)arguments.GetValue(seed), FrequencyBias = !arguments.GetValue(noFrequencyBias),
        Optimizer = new() { Beta2 = arguments.GetValue(beta2), WeightDecay = arguments.GetValue(weightDecay) },
        NextSentencePrediction = arguments.GetValue(nextSentence),
        HiddenDropout = arguments.GetValue(dropout), AttentionDropout = arguments.GetValue(dropout),
    };
    var checkpoints = new CheckpointOptions { Folder = Path.Combine(folder, "checkpoints"), ResumeFrom = arguments.GetValue(resume) ? CheckpointOptions.Latest : null, AllowOptionChange = arguments.GetValue(allowChange) ?? [] };
    using var console = new ConsoleProgress();
    try
    {
        var runtime = new RuntimeOptions { Precision = arguments.GetValue(precision) };
        var pretrainer = start is null ? new BertPretrainer(config, options, runtime, checkpoints) : new BertPretrainer(start, options, runtime, checkpoints);
        using var model = pretrainer.Train(shards, tokenizer, console);
        model.SavePretrained(Path.Combine(folder, "model"));
        Console.WriteLine($"{model.ParameterCount:N0} weights in {Path.Combine(folder, "model")}");
        return 0;
    }
    catch (OperationCanceledException stopped)
    {
        Console.Error.WriteLine($"{stopped.Message} The same command with --resume goes on.");
        return 130;
    }
});
return command.Parse(args).Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null }); // Ctrl+C is for the training

static Option<int> Number(string name, int usual) => new(name) { DefaultValueFactory = _ => usual };

static Option<double> Real(string name, double usual) => new(name) { DefaultValueFactory = _ => usual };
