namespace Microsoft.ML.PLD.FaultTests;

/// <summary>A folder for one bench.</summary>
internal sealed class WorkFolder : IDisposable
{
    private const string MemoryDisk = "/dev/shm";

    /// <param name="name">Of the bench.</param>
    /// <param name="inMemory">On a disk in memory, where there is one: for many small files.</param>
    public WorkFolder(string name, bool inMemory = false) => Path = inMemory && Directory.Exists(MemoryDisk)
        ? Directory.CreateDirectory(System.IO.Path.Combine(MemoryDisk, $"pld-{name}-{Guid.NewGuid():N}")).FullName
        : Directory.CreateTempSubdirectory($"pld-{name}-").FullName;

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
