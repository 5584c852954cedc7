using Microsoft.ML.Data;

namespace Microsoft.ML.PLD;

/// <summary>Reads what a model made of rows, in one pass, for a report.</summary>
internal static class PredictedRows
{
    public static ClassEvaluation OfClasses(IDataView rows, string title, DataViewSchema.Column[] texts, DataViewSchema.Column label, DataViewSchema.Column scores)
    {
        var labels = LabelMap.Of(label);
        if (scores.Type is VectorDataViewType { Size: var size } && size != labels.Count)
            throw new ArgumentOutOfRangeException("scoreColumnName", $"The score column '{scores.Name}' has {size} numbers, and the label column '{label.Name}' {labels.Count} classes: make both with the same MapValueToKey transformer.");
        var evaluation = new ClassEvaluation(title, [.. Enumerable.Range(0, labels.Count).Select(labels.Describe)]);
        using var cursor = rows.GetRowCursor([.. texts, label, scores]);
        var (key, values) = (cursor.GetGetter<uint>(label), cursor.GetGetter<VBuffer<float>>(scores));
        var text = TextOf(cursor, texts);
        VBuffer<float> buffer = default;
        for (var row = 0L; cursor.MoveNext(); row++)
        {
            uint found = 0;
            key(ref found);
            if (found == 0 || found > labels.Count)
            {
                evaluation.Unlabelled++;
                continue;
            }
            values(ref buffer);
            float[] score = [.. buffer.DenseValues()];
            if (score.Length != labels.Count) throw Unexpected(scores, row, $"{score.Length} numbers", $"{labels.Count}, one for each class");
            if (score.Any(float.IsNaN)) throw Unexpected(scores, row, "NaN among the scores", "numbers");
            var (truth, answer) = ((int)found - 1, Array.IndexOf(score, score.Max()));
            evaluation.Add(truth, answer, AreProbabilities(score) ? (score[answer], score[truth]) : null, text);
        }
        return Checked(evaluation, label);
    }

    public static ClassEvaluation OfTruth(
        IDataView rows, string title, DataViewSchema.Column[] texts, DataViewSchema.Column label, DataViewSchema.Column predicted, DataViewSchema.Column? probability)
    {
        var evaluation = new ClassEvaluation(title, LabelMap.Truth.Names, positive: 1);
        using var cursor = rows.GetRowCursor([.. texts, label, predicted, .. probability is { } needed ? [needed] : Array.Empty<DataViewSchema.Column>()]);
        var (truth, answer) = (cursor.GetGetter<bool>(label), cursor.GetGetter<bool>(predicted));
        var chance = probability is { } column ? cursor.GetGetter<float>(column) : null;
        var text = TextOf(cursor, texts);
        for (var row = 0L; cursor.MoveNext(); row++)
        {
            var (isTrue, saysTrue, ofTrue) = (false, false, 0f);
            truth(ref isTrue);
            answer(ref saysTrue);
            chance?.Invoke(ref ofTrue);
            if (ofTrue is not (>= 0 and <= 1)) throw Unexpected(probability!.Value, row, ofTrue, "a probability, 0 to 1");
            evaluation.Add(isTrue ? 1 : 0, saysTrue ? 1 : 0, chance is null ? null : (saysTrue ? ofTrue : 1 - ofTrue, isTrue ? ofTrue : 1 - ofTrue), text);
        }
        return Checked(evaluation, label);
    }

    public static NumberEvaluation OfNumbers(IDataView rows, string title, DataViewSchema.Column[] texts, DataViewSchema.Column label, DataViewSchema.Column score)
    {
        var evaluation = new NumberEvaluation(title);
        using var cursor = rows.GetRowCursor([.. texts, label, score]);
        var (truth, answer) = (cursor.GetGetter<float>(label), cursor.GetGetter<float>(score));
        var text = TextOf(cursor, texts);
        for (var row = 0L; cursor.MoveNext(); row++)
        {
            var (number, predicted) = (0f, 0f);
            truth(ref number);
            if (!float.IsFinite(number))
            {
                evaluation.Unlabelled++;
                continue;
            }
            answer(ref predicted);
            if (!float.IsFinite(predicted)) throw Unexpected(score, row, predicted, "a finite number");
            evaluation.Add(number, predicted, text);
        }
        return Checked(evaluation, label);
    }

    // Scores of trainers that know no probabilities may be anything.
    private static bool AreProbabilities(float[] scores) => scores.All(score => score is >= 0 and <= 1) && Math.Abs(scores.Sum() - 1) < 1e-3;

    private static T Checked<T>(T evaluation, DataViewSchema.Column label) where T : Evaluation => evaluation.Rows > 0 ? evaluation
        : throw new InvalidOperationException($"There are no rows with a label in column '{label.Name}' to evaluate with ({evaluation.Unlabelled} without).");

    private static InvalidOperationException Unexpected(DataViewSchema.Column column, long row, object found, string expected) =>
        new(FormattableString.Invariant($"Row {row} has {found} in column '{column.Name}'; expected {expected} (rows count from 0, in the order in which they are read)."));

    private static Func<string> TextOf(DataViewRowCursor cursor, DataViewSchema.Column[] columns)
    {
        var getters = Array.ConvertAll(columns, cursor.GetGetter<ReadOnlyMemory<char>>);
        return () => string.Join(" | ", getters.Select(getter =>
        {
            ReadOnlyMemory<char> text = default;
            getter(ref text);
            return Excerpt.Of(text.ToString().Trim());
        }));
    }
}
