namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class LetterEstimatorTests : EstimatorContract<LetterTransformer>
{
    protected override IEstimator<LetterTransformer> Create(MLContext mlContext) =>
        new LetterEstimator(MLNetAccess.EnvironmentOf(mlContext.Transforms), "Letters", nameof(ContractRow.Text), nameof(ContractRow.Other));

    [TestMethod]
    public void TheLettersAreCounted()
    {
        using var counter = new LetterTransformer(MLNetAccess.EnvironmentOf(MLContext.Transforms),
            new TextColumns("Text", "Other"), "Letters", new LetterScorer("aes"));
        var rows = RowValues.Of(counter.Transform(Data()), "Text", "Other", "Letters");
        Assert.AreEqual("cars gears, cars: 102 | 1 | 102", $"{rows[20][0]}, {rows[20][1]}: {RowValues.Text(rows[20][2])}");
        Assert.AreEqual(", bread: 100 | 100 | 0", $"{rows[7][0]}, {rows[7][1]}: {RowValues.Text(rows[7][2])}");
    }
}
