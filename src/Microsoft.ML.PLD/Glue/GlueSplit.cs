namespace Microsoft.ML.PLD;

/// <summary>A part of a task's data.</summary>
public enum GlueSplit
{
    /// <summary>To train on: train.tsv.</summary>
    Train,

    /// <summary>To evaluate on, with labels: dev.tsv; for MNLI dev_matched.tsv, of the genres that are in its training set.</summary>
    Dev,

    /// <summary>MNLI's dev_mismatched.tsv, of other genres.</summary>
    DevMismatched,

    /// <summary>To be predicted, without labels: test.tsv; for MNLI test_matched.tsv. The only split of AX.</summary>
    Test,

    /// <summary>MNLI's test_mismatched.tsv.</summary>
    TestMismatched,
}
