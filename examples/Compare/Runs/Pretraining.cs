using Glue;
using Microsoft.ML.PLD;

namespace Compare;

/// <summary>Trains a run slice by slice; each begins where the checkpoint of the one before is.</summary>
/// <param name="config">What the run is a part of.</param>
/// <param name="text">What it learns from.</param>
/// <param name="runtime">Where and how to compute.</param>
/// <param name="work">Where it is kept.</param>
/// <param name="cancellationToken">Stops it; a checkpoint is written.</param>
internal sealed class Pretraining(ComparisonConfig config, PreparedText text, RuntimeOptions runtime, WorkFolder work, CancellationToken cancellationToken)
{
    /// <summary>What a run has reached, if it has ended.</summary>
    public RunResult? Result(Run run) => JsonFile.Read<RunResult>(ResultFile(run)) is { } result ? result with { Arm = run.Arm.Name } : null;

    /// <summary>The folder with the trained encoder; not there if the run came from an archive of logs.</summary>
    public string ModelFolder(Run run) => Path.Combine(work.Of(run), "model");

    /// <summary>Trains up to a step.</summary>
    /// <param name="run">The run.</param>
    /// <param name="until">Stops after this step.</param>
    /// <param name="times">The reference times of its arm.</param>
    /// <param name="watch">Told of every step.</param>
    /// <returns>What it has reached; null: it has not ended.</returns>
    /// <exception cref="OperationCanceledException">The program is to end.</exception>
    public RunResult? Advance(Run run, long until, ReferenceTimes times, Action<TrainingProgress> watch)
    {
        using var curve = new Curve(Path.Combine(work.Of(run), "curve.jsonl"));
        if (until < run.Steps && curve.LastStep >= until) return null; // an earlier session came farther
        using var slice = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var checkpoints = new CheckpointOptions
        {
            Folder = Path.Combine(work.Of(run), "checkpoints"), ResumeFrom = CheckpointOptions.Latest, KeepBest = false,
            SaveOnSignals = false, // the signals are the program's
        };
        var options = run.Arm.TrainingFor(run.Seed, run.Steps) with { ValidationInterval = run.ValidationInterval(config.Validations) };
        try
        {
            var model = Train();
            if (curve.At(run.Steps)?.Validation is null && double.IsFinite(curve.At(run.Steps)?.Loss ?? 0))
            {
                // Killed between its last checkpoint and its last line: the validation is lost.
                model.Dispose();
                Directory.Delete(checkpoints.Folder!, recursive: true);
                model = Train();
            }
            using (model)
            {
                model.SavePretrained(ModelFolder(run));
                return End(run, curve, times, null, model.MeasureBlocks(text.ProbeTexts));
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null; // the end of the slice
        }
        catch (TrainingDivergedException failure)
        {
            return End(run, curve, times, failure.Message, []); // a result, too
        }
        catch (InvalidOperationException failure)
        {
            throw new UsageException($"{run.Id}: {failure.Message} --fresh begins anew.");
        }

        BertModel Train() => new BertPretrainer(run.Arm.Model, options, runtime with { MicroBatchSize = run.Arm.MicroBatchSize }, checkpoints)
            .Train(text.Shards, text.Tokenizer, new Recorder(curve, run, until, slice, watch), slice.Token, text.ValidationShards);
    }

    private string ResultFile(Run run) => Path.Combine(work.Of(run), "result.json");

    private RunResult End(Run run, Curve curve, ReferenceTimes times, string? failure, IReadOnlyList<BlockChange> blocks)
    {
        var result = RunTotals.Of(run, curve, times, failure, blocks);
        JsonFile.Write(ResultFile(run), result);
        if (Path.Combine(work.Of(run), "checkpoints") is var done && Directory.Exists(done)) Directory.Delete(done, recursive: true);
        return result;
    }

    private sealed class Recorder(Curve curve, Run run, long until, CancellationTokenSource slice, Action<TrainingProgress> watch) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            // A run that is resumed after its last step reports it without its validation.
            if (value.ValidationLoss is not null || curve.At(value.Step)?.Validation is null) curve.Add(CurvePoint.Of(value));
            watch(value);
            if (value.Step >= until && value.Step < run.Steps) slice.Cancel();
        }
    }
}
