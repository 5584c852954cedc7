using System.IO.Compression;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Does damage to a model.zip.</summary>
internal static class ModelArchive
{
    private static readonly string[] MLNetEntries = ["Model.key", "Schema", "Version.txt"];

    /// <summary>The entries that a model of ours wrote.</summary>
    public static string[] OwnEntries(string zip)
    {
        using var archive = ZipFile.OpenRead(zip);
        string[] own = [.. archive.Entries.Select(entry => entry.FullName).Where(name => !MLNetEntries.Contains(name.Split('/', '\\')[^1]))];
        Assert.IsNotEmpty(own);
        return own;
    }

    /// <summary>Changes one bit in the middle of an entry; the archive stays a good one.</summary>
    public static void FlipBit(string zip, string entry)
    {
        using var contents = new MemoryStream();
        using (var archive = ZipFile.OpenRead(zip))
        using (var read = archive.GetEntry(entry)!.Open())
            read.CopyTo(contents);
        var bytes = contents.ToArray();
        bytes[bytes.Length / 2] ^= 1;

        using var changed = ZipFile.Open(zip, ZipArchiveMode.Update);
        changed.GetEntry(entry)!.Delete();
        using var write = changed.CreateEntry(entry).Open();
        write.Write(bytes);
    }

    public static void Remove(string zip, string entry)
    {
        using var archive = ZipFile.Open(zip, ZipArchiveMode.Update);
        archive.GetEntry(entry)!.Delete();
    }
}
