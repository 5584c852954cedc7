namespace Microsoft.ML.PLD.Tests;

/// <summary>A file that once did harm: what came of fuzzing, see <c>build/reliability.sh</c>.</summary>
internal static class HostileFile
{
    // The parser's own objects, a reader's buffer, two exceptions with their messages.
    private const long Allowance = 32 << 10;

    /// <summary>Those kept for a parser, for <see cref="DynamicDataAttribute"/>.</summary>
    public static IEnumerable<object[]> Of(string parser)
    {
        var files = Directory.GetFiles(Folder(parser)).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToArray();
        return files.Length > 0 ? files.Select(file => new object[] { file! }) : throw new InvalidOperationException($"There are no hostile files for {parser}.");
    }

    public static byte[] Read(string parser, string name) => File.ReadAllBytes(Path.Combine(Folder(parser), name));

    /// <summary>The file must be refused, and no more memory be taken for it than a few times its size.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="parse">Parses it.</param>
    /// <param name="factor">The bytes that may be allocated for each byte of the file.</param>
    public static InvalidDataException AssertRefused(byte[] bytes, Action<byte[]> parse, double factor = 4)
    {
        Exception? failure = null;
        long allocated = 0;
        for (var times = 0; times < 2; times++) // what is made once in a process is not the file's doing
        {
            // A new thread: no pool has kept a buffer for it.
            var thread = new Thread(() =>
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    parse(bytes);
                }
                catch (Exception thrown)
                {
                    failure = thrown;
                }
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            });
            thread.Start();
            thread.Join();
            Assert.IsInstanceOfType<InvalidDataException>(failure);
        }
        Assert.IsLessThan(Allowance + factor * bytes.Length, allocated);
        Assert.IsLessThan(2_000, failure!.Message.Length);
        return (InvalidDataException)failure;
    }

    private static string Folder(string parser) => Path.Combine(AppContext.BaseDirectory, "Fixtures", "hostile", parser);
}
