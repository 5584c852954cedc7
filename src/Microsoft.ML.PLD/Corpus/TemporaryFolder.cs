namespace Microsoft.ML.PLD;

/// <summary>A folder that is there while it is needed, in the system's folder of temporary files (on Linux, TMPDIR chooses it).</summary>
internal sealed class TemporaryFolder(string prefix) : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory(prefix).FullName;

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What was computed with it matters more than what it leaves behind.
        }
    }
}
