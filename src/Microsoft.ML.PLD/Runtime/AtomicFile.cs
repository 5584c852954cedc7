namespace Microsoft.ML.PLD;

/// <summary>Files that are there whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>
    /// Writes a file next to <paramref name="path"/>, flushes it to the disk and renames it. If anything fails, also within
    /// <paramref name="write"/>, the file that was there before is untouched and nothing is left behind.
    /// </summary>
    public static void Write(string path, Action<Stream> write)
    {
        var partial = $"{path}.{Path.GetRandomFileName()}.tmp"; // the same folder, so that renaming does not copy
        try
        {
            using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true); // before the rename: a power cut must not leave an empty file under the name
            }
            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            TryDelete(partial);
            throw;
        }
    }

    // What failed first is what the user must hear of, not that its remains cannot be deleted either.
    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
        }
    }
}
