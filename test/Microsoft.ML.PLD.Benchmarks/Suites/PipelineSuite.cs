using System.Diagnostics;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>Pre-training from text to model, by stage.</summary>
internal sealed class PipelineSuite() : Suite("pipeline", "Pre-training from text to model: the share of time of each stage.")
{
    public override void Run(SuiteArguments arguments, Report report)
    {
        var steps = arguments.Rounds(60);
        var clock = Stopwatch.StartNew();
        var vocabulary = WordPieceTrainer.Train(BookCorpus.Lines(), 8_192);
        var vocabularyTime = clock.Elapsed;
        using var folder = new TemporaryFolder("pld-benchmark");
        clock.Restart();
        using (CorpusBuilder.Build(BookCorpus.Lines(), new WordPieceTokenizer(vocabulary), Path.Combine(folder.Path, "shards"))) { }
        var corpusTime = clock.Elapsed;

        using var books = new BookCorpus(8_192);
        var shape = new StepShape("mini", BertConfig.Mini with { VocabularySize = vocabulary.Count }, 32, 128, Dropout: 0);
        using var step = new OurStep(shape, books, number => shape.Dropped(number));
        for (var i = 0; i < 5; i++) step.Run(); // the first ones compile
        step.Restart();
        clock.Restart();
        for (var i = 0; i < steps; i++) step.Run();
        var trainingTime = clock.Elapsed;

        void Add(string stage, TimeSpan time, string of) => report.Add(("stage", stage), ("seconds", time.TotalSeconds), ("of", of), ("share", time / (of == "preparation" ? vocabularyTime + corpusTime : trainingTime)));
        Add("vocabulary of 8,192 from the novels", vocabularyTime, "preparation");
        Add("token shards of the novels", corpusTime, "preparation");
        Add("waiting for batches", step.DataShare * trainingTime, "training");
        Add("optimizer", step.OptimizerShare * trainingTime, "training");
        Add("forward and backward", (1 - step.DataShare - step.OptimizerShare) * trainingTime, "training");
        report.Add(("steps", steps), ("tokens_per_second", steps * shape.Tokens / trainingTime.TotalSeconds), ("data_share", step.DataShare));
    }
}
