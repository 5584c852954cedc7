namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class LetterTrainerTests : MulticlassContract<LetterClassifier>
{
    protected override IEstimator<LetterClassifier> Create(MLContext mlContext) =>
        new LetterTrainer(MLNetAccess.EnvironmentOf(mlContext.MulticlassClassification.Trainers), "Label", nameof(ContractRow.Text));
}
