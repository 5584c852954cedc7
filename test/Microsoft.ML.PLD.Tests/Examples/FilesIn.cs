namespace Microsoft.ML.PLD.Tests;

/// <summary>Files in a folder that is there while a test runs.</summary>
internal static class FilesIn
{
    /// <returns>The file's path.</returns>
    public static string Write(this TemporaryFolder folder, string name, string text)
    {
        File.WriteAllText(folder[name], text);
        return folder[name];
    }
}
