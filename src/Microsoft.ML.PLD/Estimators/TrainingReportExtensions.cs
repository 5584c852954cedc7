using Microsoft.ML.Data;

namespace Microsoft.ML.PLD;

/// <summary>What ML.NET's data add to a <see cref="TrainingReport"/>.</summary>
public static class TrainingReportExtensions
{
    /// <summary>
    /// Adds how good a model is on rows that it has not learned from: of classes accuracy, confusion, calibration and the mistakes that it was surest of; of numbers predictions against
    /// truth. The model may be one of ML.NET's own, to compare with: the first that is added is what the page is about.
    /// </summary>
    /// <param name="report">The report, whose page is written anew.</param>
    /// <param name="predictions">
    /// What <c>model.Transform</c> made of the rows, as for <c>Evaluate</c>. The type of the label tells the kind: a key (multiclass; <paramref name="scoreColumnName"/> is a vector with a
    /// number for each class), <see cref="bool"/> (binary) or <see cref="float"/> (regression). It is read once.
    /// </param>
    /// <param name="sentence1ColumnName">The column with the text, or the first sentence of a pair, to show mistakes.</param>
    /// <param name="sentence2ColumnName">The column with the second sentence. Default: null, there is none.</param>
    /// <param name="labelColumnName">The column with the truth. Rows without are left out, and counted. Default: Label.</param>
    /// <param name="scoreColumnName">The column with the scores. Those of classes should be probabilities; where they are not, there is no calibration. Default: Score.</param>
    /// <param name="probabilityColumnName">Of a binary model, the column with the probability of true; where it is not there, there is no calibration. Default: Probability.</param>
    /// <param name="predictedLabelColumnName">Of a binary model, the column with the answer. Default: PredictedLabel.</param>
    /// <param name="title">What the page calls it. Default: Evaluation.</param>
    /// <exception cref="ArgumentException">The name of a column, or the title, is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or holds something else.</exception>
    /// <exception cref="InvalidOperationException">There are no rows with a label, or a score is no number.</exception>
    /// <exception cref="IOException">The page cannot be written, now or at an earlier step of the training.</exception>
    public static void AddEvaluation(
        this TrainingReport report, IDataView predictions, string sentence1ColumnName, string? sentence2ColumnName = null, string labelColumnName = "Label", string scoreColumnName = "Score",
        string probabilityColumnName = "Probability", string predictedLabelColumnName = "PredictedLabel", string title = Evaluation.DefaultTitle)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(predictions);
        ArgumentException.ThrowIfNullOrEmpty(sentence1ColumnName);
        if (sentence2ColumnName is not null) ArgumentException.ThrowIfNullOrEmpty(sentence2ColumnName);
        ArgumentException.ThrowIfNullOrWhiteSpace(title);
        var schema = predictions.Schema;
        var texts = new TextColumns(sentence1ColumnName, sentence2ColumnName).FindIn(schema);
        var label = InputColumn.AnyLabel(labelColumnName).FindIn(schema);
        report.Add(label.Type switch
        {
            KeyDataViewType => PredictedRows.OfClasses(predictions, title, texts, label, InputColumn.Scores(scoreColumnName).FindIn(schema)),
            BooleanDataViewType => PredictedRows.OfTruth(
                predictions, title, texts, label, InputColumn.Answer(predictedLabelColumnName).FindIn(schema),
                schema.GetColumnOrNull(probabilityColumnName) is null ? null : InputColumn.Probability(probabilityColumnName).FindIn(schema)),
            _ => PredictedRows.OfNumbers(predictions, title, texts, label, InputColumn.Prediction(scoreColumnName).FindIn(schema)),
        });
    }
}
