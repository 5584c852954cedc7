using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Work on rows of a tensor, on as many threads as libtorch may use on this one.</summary>
internal static class ParallelRows
{
    // Below so many numbers, letting another thread in costs more than it saves: most where it has to be woken.
    private static readonly long FewNumbers = OpenMPTeam.IsAvailable ? 1 << 13 : 1 << 15;

    // Numbers without rows are cut into pieces that stay in a core's own caches.
    private const int Piece = 1 << 13;

    private const int ChunkRows = 32;

    /// <param name="count">Rows.</param>
    /// <param name="numbers">In all of them.</param>
    /// <param name="body">Told the row.</param>
    public static void ForEach(int count, long numbers, Action<int> body)
    {
        var threads = numbers < FewNumbers ? 1 : torch.get_num_threads();
        if (threads > 1 && count > 1) OpenMPTeam.For(count, threads, body);
        else for (var row = 0; row < count; row++) body(row);
    }

    /// <summary>Rows in chunks, where something is added up over rows: chunk by chunk, and then the chunks, it is the same sum on any number of threads.</summary>
    /// <param name="rows">How many there are.</param>
    /// <param name="numbers">In all of them.</param>
    /// <param name="body">Told the chunk, its first row, and how many rows it has.</param>
    public static void ForEachChunk(int rows, long numbers, Action<int, int, int> body) =>
        ForEach(Chunks(rows), numbers, chunk => body(chunk, chunk * ChunkRows, Math.Min(ChunkRows, rows - chunk * ChunkRows)));

    public static int Chunks(int rows) => (rows + ChunkRows - 1) / ChunkRows;

    /// <param name="numbers">How many there are.</param>
    /// <param name="body">Told where a piece of them starts, and how long it is.</param>
    public static void ForEachPiece(long numbers, Action<nint, int> body) =>
        ForEach((int)((numbers + Piece - 1) / Piece), numbers, piece => body((nint)piece * Piece, (int)Math.Min(Piece, numbers - (long)piece * Piece)));
}
