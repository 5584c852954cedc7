namespace Microsoft.ML.PLD.Tests;

/// <summary>Files in a folder that is there while a test runs.</summary>
internal static class FilesIn
{
    public static string Of(this TemporaryFolder folder, string name) => Path.Combine(folder.Path, name);

    public static string Write(this TemporaryFolder folder, string name, string text)
    {
        File.WriteAllText(folder.Of(name), text);
        return folder.Of(name);
    }
}
