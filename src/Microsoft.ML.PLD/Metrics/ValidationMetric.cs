namespace Microsoft.ML.PLD;

/// <summary>What a fine-tuned model is judged by on held-out rows: which of its states is the best, and whether it still gets better.</summary>
/// <remarks>Each row counts once, whatever its weight.</remarks>
public enum ValidationMetric
{
    /// <summary>The lowest loss: the mean logarithmic loss of the right classes in nats, or the mean squared error in the label's own unit.</summary>
    Loss,

    /// <summary>The highest share of rows whose class is right. For classifiers.</summary>
    Accuracy,

    /// <summary>The highest F1: of the class <c>true</c> for binary classifiers, the mean over classes otherwise. For classifiers.</summary>
    F1,

    /// <summary>The highest Matthews correlation, as for CoLA. For classifiers.</summary>
    MatthewsCorrelation,

    /// <summary>The largest area under the ROC curve. For binary classifiers.</summary>
    AreaUnderRocCurve,

    /// <summary>The highest Pearson correlation. For regression.</summary>
    PearsonCorrelation,

    /// <summary>The highest Spearman rank correlation. For regression.</summary>
    SpearmanCorrelation,
}
