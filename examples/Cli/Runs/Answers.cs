using System.Globalization;
using Conversion;
using Glue;
using Microsoft.ML.PLD;

namespace Cli;

/// <summary>A fine-tuned model: texts in, answers out.</summary>
internal sealed class Answers
{
    private const int AtOnce = 1_024;
    private readonly Model _model;

    /// <param name="model">Read from somewhere, or just trained; stays the caller's.</param>
    /// <param name="path">Where it is from, for messages.</param>
    /// <exception cref="UsageException">It is an encoder, and has no answers.</exception>
    public Answers(Model model, string path)
    {
        _model = model;
        Kind = model.Transformer switch
        {
            PldBertMulticlassTransformer => TaskKind.Classes,
            PldBertBinaryTransformer => TaskKind.Binary,
            PldBertRegressionTransformer => TaskKind.Number,
            _ => throw new UsageException($"--model: '{path}' is a pre-trained encoder, which has vectors (embed) and no answers; expected a fine-tuned model: the model.zip or folder that finetune writes."),
        };
        Classes = Kind == TaskKind.Classes ? model.ClassNames() ?? [] : [];
    }

    public TaskKind Kind { get; }

    /// <summary>The names of the classes, in the order of scores; without names: none.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Answers, as they are asked for.</summary>
    /// <param name="rows">What is to be answered.</param>
    /// <param name="text">Its text, or the pair for a model of pairs.</param>
    /// <param name="stop">Stops it.</param>
    public IEnumerable<(T Row, Answer Answer)> Of<T>(IEnumerable<T> rows, Func<T, TextRow> text, CancellationToken stop)
    {
        foreach (var some in rows.Chunk(AtOnce))
            foreach (var (row, scores) in some.Zip(_model.Score(some.Select(text))))
            {
                stop.ThrowIfCancellationRequested();
                yield return (row, Of(scores));
            }
    }

    private Answer Of(float[] scores)
    {
        switch (Kind)
        {
            case TaskKind.Classes:
                var best = Array.IndexOf(scores, scores.Max());
                return new Answer(best < Classes.Count ? Classes[best] : $"{best + 1}", scores[best], Array.ConvertAll(scores, score => (double)score));
            case TaskKind.Binary:
                var truth = 1 / (1 + Math.Exp(-scores[0]));
                return new Answer(truth > 0.5 ? "true" : "false", Math.Max(truth, 1 - truth), [truth]);
            default:
                return new Answer(scores[0].ToString(CultureInfo.InvariantCulture), null, [scores[0]]);
        }
    }
}
