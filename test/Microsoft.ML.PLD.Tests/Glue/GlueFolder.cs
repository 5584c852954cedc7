using System.Text;

namespace Microsoft.ML.PLD.Tests;

/// <summary>A root folder of GLUE with the files that a test writes.</summary>
internal sealed class GlueFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Root => _folder["glue"];

    /// <summary>Writes a file, and says where.</summary>
    public string Write(string path, params string[] lines) => WriteBytes(path, Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))));

    public string WriteBytes(string path, byte[] content)
    {
        var full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, content);
        return full;
    }

    public GlueData Read(string task, GlueSplit split = GlueSplit.Train) => GlueReader.Read(GlueTasks.ByName(task), split, Root);

    /// <summary>Reads a file that is damaged.</summary>
    public void AssertDamaged(string task, GlueSplit split, string path, int line, params string[] parts)
    {
        var message = Assert.ThrowsExactly<InvalidDataException>(() => Read(task, split)).Message;
        StringAssert.StartsWith(message, $"The GLUE file '{Path.Combine(Root, path)}', line {line}: ");
        foreach (var part in parts) StringAssert.Contains(message, part);
        Assert.IsLessThan(1_000 + Root.Length, message.Length);
    }

    public void Dispose() => _folder.Dispose();
}
