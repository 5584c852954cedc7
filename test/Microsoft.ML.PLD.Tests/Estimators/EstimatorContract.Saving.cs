namespace Microsoft.ML.PLD.Tests;

public abstract partial class EstimatorContract<TTransformer>
{
    [TestMethod]
    public void SavedAndLoadedItIsTheSame()
    {
        using var loaded = SaveAndLoad(out var inputSchema);
        Assert.AreEqual(SchemaText.Of(Data().Schema), SchemaText.Of(inputSchema));
        Assert.AreEqual(SchemaText.Of(Transformer.Transform(Data()).Schema), SchemaText.Of(loaded.Transform(Data()).Schema));
        RowValues.AssertEqual(Shared.Values, RowValues.Of(loaded.Transform(Data()), NumberAndAdded()), tolerance: 0);
    }

    [TestMethod]
    public void AFreshProcessThatNamesNoTypeLoadsIt()
    {
        using var folder = new TemporaryFolder();
        MLContext.Model.Save(Transformer, Data().Schema, folder["model.zip"]);
        using (var file = File.Create(folder["data.idv"])) MLContext.Data.SaveAsBinary(Data(), file);

        FreshProcess.Run(folder["model.zip"], folder["data.idv"], folder["scores.idv"]);
        var scores = MLContext.Data.LoadFromBinary(folder["scores.idv"]);
        RowValues.AssertEqual(Shared.Values, RowValues.Of(scores, NumberAndAdded()), Tolerance);
    }

    [TestMethod]
    public void ADamagedModelFileIsRefused()
    {
        using var folder = new TemporaryFolder();
        MLContext.Model.Save(Transformer, Data().Schema, folder["model.zip"]);
        var whole = File.ReadAllBytes(folder["model.zip"]);

        File.WriteAllBytes(folder["truncated.zip"], whole[..(whole.Length / 2)]);
        Assert.Contains("Failed to open a zip archive", Assert.Throws<FormatException>(() => MLContext.Model.Load(folder["truncated.zip"], out _)).Message);

        foreach (var entry in ModelArchive.OwnEntries(folder["model.zip"]))
        {
            File.WriteAllBytes(folder["damaged.zip"], whole);
            ModelArchive.FlipBit(folder["damaged.zip"], entry);
            var name = $"'{entry.Split('/', '\\')[^1]}'";
            Assert.Contains($"{name} of the saved model", LoadFailure(folder["damaged.zip"]));

            File.WriteAllBytes(folder["missing.zip"], whole);
            ModelArchive.Remove(folder["missing.zip"], entry);
            Assert.Contains($"{name} of the saved model", LoadFailure(folder["missing.zip"]));
        }
    }

    // ML.NET calls the loader by reflection, and so what it says arrives wrapped.
    private string LoadFailure(string zip) => Assert.Throws<Exception>(() => MLContext.Model.Load(zip, out _)).GetBaseException().Message;

    private TTransformer SaveAndLoad(out DataViewSchema inputSchema) => SaveAndLoad(Transformer, out inputSchema);

    private TTransformer SaveAndLoad(TTransformer transformer, out DataViewSchema inputSchema)
    {
        using var zip = new MemoryStream();
        MLContext.Model.Save(transformer, Data().Schema, zip);
        zip.Position = 0;
        return (TTransformer)new MLContext().Model.Load(zip, out inputSchema);
    }
}
