using System.CommandLine;
using System.CommandLine.Parsing;
using Compare;
using Glue;
using Microsoft.ML.PLD;

namespace Cli;

/// <summary>Text in, an encoder out.</summary>
internal sealed class PretrainVerb : Verb
{
    private static readonly PretrainingOptions Usual = new();

    private static readonly Dictionary<string, BertConfig> Presets = new()
    {
        ["tiny"] = BertConfig.Tiny, ["mini"] = BertConfig.Mini, ["small"] = BertConfig.Small, ["medium"] = BertConfig.Medium, ["base"] = BertConfig.Base, ["large"] = BertConfig.Large,
    };

    private readonly Setting<string[]> _text = Settings.Paths("--text", "Needed. Text files (.txt, .txt.gz, .txt.br, in UTF-8) or folders: a paragraph a line, an empty line ends a document.");
    private readonly Setting<string[]> _validationText = Settings.Paths("--validation-text", "Text to validate with. Default: a share at the end of --text is held out.");
    private readonly Setting<string?> _from = Settings.Path("--from", "Go on from the model in this folder (Hugging Face's layout), with its architecture and vocabulary: on other text, or for longer.", helpName: "FOLDER");
    private readonly Setting<string> _model = Settings.Choice("--model", "The size: tiny 6 x 128 (blocks x hidden size), mini 12 x 256, small 12 x 384, medium 12 x 512, base 12 x 768, large 24 x 1,024. On a processor, tiny or mini.", "mini", [.. Presets.Keys]);
    private readonly Setting<int?> _layers = Settings.WholeOrNone("--layers", "Blocks, if others than --model has.", least: 1);
    private readonly Setting<int?> _hiddenSize = Settings.WholeOrNone("--hidden-size", "The length of a token's vector, if another than --model has: a multiple of 64, or less than that.", least: 1);
    private readonly Setting<NormPlacement> _norm = Settings.Choice("--norm", "Where layer normalization stands. Layer dropping needs Pre.", NormPlacement.Pre);
    private readonly Setting<bool> _noEmbeddingNorm = Settings.Flag("--no-embedding-norm", "The embeddings are not normalized, as in MegatronBERT.");
    private readonly Setting<bool> _sinusoidal = Settings.Flag("--sinusoidal-positions", "The positions' initial vectors are waves.");
    private readonly Setting<double?> _initializerRange = Settings.RealOrNone("--initializer-range", "The deviation of initial weights. Default: 0.02, and more for models narrower than 768.", 0, 10);
    private readonly Setting<string?> _vocabulary = Settings.Path("--vocabulary", "A vocab.txt to use. Default: one is learned from --text.");
    private readonly Setting<int> _vocabularySize = Settings.Whole("--vocabulary-size", "Word pieces to learn.", 8_192, least: 100);
    private readonly Setting<bool> _keepCase = Settings.Flag("--keep-case", "Capital letters and accents stay.");
    private readonly Setting<int> _steps = Settings.Whole("--steps", "Optimizer steps; learning rate and layer schedule are tied to their number. Each reads --batch-size sequences.", (int)Usual.Steps, least: 1);
    private readonly Setting<int> _sequenceLength = Settings.Whole("--sequence-length", "Tokens of a sequence.", Usual.SequenceLength, least: 8);
    private readonly Setting<double> _learningRate = Settings.Real("--learning-rate", "The highest. Small models take 2e-3 and more, large ones less.", Usual.LearningRate.Peak, 0, 1);
    private readonly Setting<double> _dropout = Settings.Real("--dropout", "Share of activations that are dropped; more than 0 where text is read many times.", 0, 0, 0.99);
    private readonly Setting<bool> _nextSentence = Settings.Flag("--next-sentence", "Sequences are pairs; the model also learns whether the second follows the first.");
    private readonly Setting<bool> _wholeWords = Settings.Flag("--whole-words", "All pieces of a word are masked together.");
    private readonly Setting<bool> _noFrequencyBias = Settings.Flag("--no-frequency-bias", "The decoder's biases begin at zero, as BERT's.");
    private readonly Setting<double> _validationShare = Settings.Real("--validation-share", "Share of the text held out, without --validation-text.", Usual.ValidationShare, 0.0001, 0.5);
    private readonly Setting<int> _validationInterval = Settings.Whole("--validation-interval", "Steps between validations; 0: twenty over the run.", 0, least: 0);
    private readonly Setting<string[]> _allowChange = Settings.Texts("--allow-change", "OPTION", "Options that may differ when a run goes on though they change its result, as the message that refuses them names them.");
    private readonly TrainingSettings _training = new("pretrain-output", Usual.BatchSize, Usual.LearningRate.WarmupShare, "recommended");

    public PretrainVerb() : base("pretrain", """
        Learns a vocabulary and an encoder from text without labels, with progressive layer dropping: upper blocks are skipped more and more often, which saves time. Unless --schedule says
        otherwise, a new model begins with its lowest blocks, which saves more (docs/which-schedule.md).

        --output gets model/ (Hugging Face's layout: what finetune --pretrained, embed and transformers read), report.html with the curves, tensorboard/, results.json and pretrain.json, the settings.
        Progress is shown step by step: loss (nats a masked token), theta, blocks that ran, tokens a second, time left. Ctrl+C saves and stops; the same command goes on.

        Examples:
          pld pretrain --text books/ articles.txt.gz --model tiny --steps 2000                    minutes on a processor
          pld pretrain --text corpus/ --model base --steps 200000 --batch-size 256 --output base  days on a GPU
          pld pretrain --text domain.txt --from pld-bert-mini --steps 1000 --learning-rate 5e-4   goes on in your domain
          pld pretrain --text corpus/ --schedule dense                                            without layer dropping
          pld pretrain --text corpus/ --steps 500 --print-config > run.json, then pld pretrain --config run.json
        """)
    {
        Validators.Add(RefuseBesideFrom);
        Takes(
        [
            _text, _training.Output, _validationText, _from, _model, _layers, _hiddenSize, _vocabulary, _vocabularySize, _keepCase, _steps, _sequenceLength, _learningRate, .. _training.Learning,
            _dropout, _nextSentence, _wholeWords, _noFrequencyBias, _norm, _noEmbeddingNorm, _sinusoidal, _initializerRange, _validationShare, _validationInterval, _allowChange, .. _training.Computing,
        ]);
    }

    // Beside --from they would do nothing.
    private ISetting[] OfNewModels => [_model, _layers, _hiddenSize, _vocabulary, _vocabularySize, _keepCase, _norm, _noEmbeddingNorm, _sinusoidal, _initializerRange];

    protected override Option<bool> Fresh => _training.Fresh;

    protected override bool Counts(ISetting setting, ParseResult parsed) => parsed.GetValue(_from) is null || !OfNewModels.Contains(setting);

    protected override int Run(ParseResult parsed, CancellationToken stop)
    {
        var source = Source(parsed, out var start);
        using (start)
        {
            var architecture = start?.Config ?? Architecture(parsed);
            var (options, runtime) = (HowToTrain(parsed, architecture, isTrained: start is not null), _training.Runtime(parsed));
            var changes = parsed.GetValue(_allowChange) ?? [];
            // Checked before anything is learned or written.
            BertPretrainer Pretrainer(CheckpointOptions checkpoints) =>
                start is null ? new(architecture, options, runtime, checkpoints) : new(start, options, runtime, checkpoints);
            _ = Pretrainer(new());
            _ = runtime.Resolve();
            var asked = Effective(parsed);
            var hashes = new FileHashes(stop);
            asked[InputFingerprints.Field] = InputFingerprints.Of(hashes,
                (_text, [.. source.Text.SelectMany(SourceFiles.Of)]), (_validationText, [.. source.ValidationText.SelectMany(SourceFiles.Of)]),
                (_from, parsed.GetValue(_from) is { } from ? ModelFiles.Of(from) : []), (_vocabulary, parsed.GetValue(_vocabulary) is { } vocabulary ? [vocabulary] : []));
            var folder = RunFolder.Open(Name, parsed.GetValue(_training.Output)!, asked, [.. _training.Free, _allowChange], parsed.GetValue(_training.Fresh), changes);
            var hasCurves = File.Exists(folder.Report);
            if (!folder.IsDone)
            {
                if (_training.Caution(parsed, architecture, isTrained: start is not null) is { } caution) (caution.IsWarning ? Console.Error : Console.Out).WriteLine(caution.Message);
                var text = PreparedText.Of(source, folder.Work, hashes, Console.WriteLine, stop);
                using var reports = new TrainingReports(folder, parsed.GetValue(_training.TensorBoard), "Pre-training");
                var checkpoints = _training.Checkpoints(parsed, folder) with { AllowOptionChange = changes };
                using var model = Pretrainer(checkpoints).Train(text.Shards, text.Tokenizer, reports, stop, text.ValidationShards);
                model.SavePretrained(folder.Model);
                folder.End(ResultJson.Of(new
                {
                    model.ParameterCount,
                    options.Steps,
                    Vocabulary = text.Tokenizer.Vocabulary.Count,
                    FirstLoss = reports.First is { Step: 1 } first ? first.Loss : (double?)null,
                    FinalLoss = reports.Last?.Loss,
                    reports.Last?.ValidationLoss,
                    reports.Last?.ValidationAccuracy,
                    Seconds = reports.Last?.Elapsed.TotalSeconds,
                    Model = folder.Model,
                }));
                reports.Dispose();
                hasCurves = reports.TellFailures(Console.Error);
            }
            else Console.WriteLine("This run has ended before; --fresh does it anew.");
            if (parsed.GetValue(_training.Json) is { } json) WholeFile.Write(json, folder.ReadResults());
            Console.WriteLine($"The encoder is in {folder.Model}: finetune --pretrained, embed --model and export --from take it.{(hasCurves ? $" The curves: {folder.Report}." : "")} The settings: {folder.Asked}.");
            return 0;
        }
    }

    private void RefuseBesideFrom(CommandResult given)
    {
        if (given.GetResult(_from) is not { Implicit: false }) return;
        foreach (var setting in OfNewModels)
            if (given.GetResult((Option)setting) is { Implicit: false }) given.AddError($"--from and {setting.Name} are both given; the model in --from has its own architecture and vocabulary.");
    }

    private TextSource Source(ParseResult parsed, out BertModel? start)
    {
        var (text, validation) = (Needed(parsed, _text), parsed.GetValue(_validationText) ?? []);
        foreach (var (option, path) in text.Select(path => (_text.Name, path)).Concat(validation.Select(path => (_validationText.Name, path))))
        {
            if (!Path.Exists(path)) throw new UsageException($"{option}: there is no file or folder '{path}'.");
            RunFolder.CheckInput(option, path, parsed.GetValue(_training.Output)!);
        }
        var (from, vocabulary) = (parsed.GetValue(_from), parsed.GetValue(_vocabulary));
        if (from is not null && !Directory.Exists(from)) throw new UsageException($"--from: there is no folder '{from}'; expected one in Hugging Face's layout, with config.json, a vocabulary and model.safetensors.");
        if (vocabulary is not null && !File.Exists(vocabulary)) throw new UsageException($"--vocabulary: there is no file '{vocabulary}'; expected a vocab.txt, a word piece a line.");
        if (from is not null) RunFolder.CheckInput(_from.Name, from, parsed.GetValue(_training.Output)!);
        start = from is null ? null : BertModel.FromPretrained(from);
        if (start is not null && parsed.GetValue(_sequenceLength) > start.Config.MaxPositions)
            throw new UsageException($"--sequence-length is {parsed.GetValue(_sequenceLength)}; the model in '{from}' has positions for {start.Config.MaxPositions} tokens.");
        var lowerCase = !parsed.GetValue(_keepCase);
        return new TextSource
        {
            Text = text, ValidationText = validation, VocabularySize = parsed.GetValue(_vocabularySize), LowerCase = lowerCase,
            Tokenizer = start?.Tokenizer ?? (vocabulary is null ? null : WordPieceTokenizer.FromVocabularyFile(vocabulary, lowerCase)),
        };
    }

    private BertConfig Architecture(ParseResult parsed)
    {
        var preset = Presets[parsed.GetValue(_model)!];
        if (parsed.GetValue(_hiddenSize) is { } width) preset = preset with { HiddenSize = width, IntermediateSize = 4 * width, AttentionHeads = Math.Max(1, width / 64) };
        return preset with
        {
            Layers = parsed.GetValue(_layers) ?? preset.Layers,
            MaxPositions = parsed.GetValue(_sequenceLength),
            NormPlacement = parsed.GetValue(_norm),
            EmbeddingNorm = !parsed.GetValue(_noEmbeddingNorm),
            SinusoidalPositions = parsed.GetValue(_sinusoidal),
            InitializerRange = parsed.GetValue(_initializerRange),
        };
    }

    private PretrainingOptions HowToTrain(ParseResult parsed, BertConfig architecture, bool isTrained) => new()
    {
        Steps = parsed.GetValue(_steps), BatchSize = parsed.GetValue(_training.BatchSize), SequenceLength = parsed.GetValue(_sequenceLength),
        LayerSchedule = _training.LayerSchedule(parsed, architecture, isTrained), LearningRate = _training.LearningRate(parsed, parsed.GetValue(_learningRate)), Optimizer = _training.Optimizer(parsed),
        HiddenDropout = parsed.GetValue(_dropout), AttentionDropout = parsed.GetValue(_dropout), NextSentencePrediction = parsed.GetValue(_nextSentence),
        WholeWordMasking = parsed.GetValue(_wholeWords), FrequencyBias = !parsed.GetValue(_noFrequencyBias), ValidationShare = parsed.GetValue(_validationShare),
        ValidationInterval = parsed.GetValue(_validationInterval), Seed = (ulong)parsed.GetValue(_training.Seed),
    };
}
