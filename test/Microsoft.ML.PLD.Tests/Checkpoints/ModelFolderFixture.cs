using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>A folder with a saved model, to be looked at or damaged.</summary>
public abstract class ModelFolderFixture
{
    private protected TemporaryFolder Temporary { get; } = new();

    private protected string Folder => Temporary["model"];

    [TestCleanup]
    public void Cleanup() => Temporary.Dispose();

    private protected BertModel Saved(bool lowerCase = true)
    {
        var model = TestModel.Make(lowerCase: lowerCase);
        model.SavePretrained(Folder);
        return model;
    }

    private protected string In(string file) => Path.Combine(Folder, file);

    private protected void Rewrite(Action<Dictionary<string, torch.Tensor>> change)
    {
        using var scope = torch.NewDisposeScope();
        Dictionary<string, torch.Tensor> tensors;
        using (var file = SafetensorsReader.Open(In("model.safetensors"))) tensors = file.ReadAll();
        change(tensors);
        SafetensorsWriter.Write(In("model.safetensors"), tensors);
    }
}
