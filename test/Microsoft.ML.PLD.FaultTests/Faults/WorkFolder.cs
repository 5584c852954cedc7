namespace Microsoft.ML.PLD.FaultTests;

/// <summary>A folder for one bench.</summary>
internal sealed class WorkFolder(string name) : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory($"pld-{name}-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
