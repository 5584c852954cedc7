using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Work on rows of a tensor, on as many cores as libtorch may use on this thread.</summary>
internal static class ParallelRows
{
    // Below so many numbers, waking another thread, which is none of libtorch's, costs more than it saves.
    private const long FewNumbers = 1 << 15;

    // Numbers without rows are cut into pieces that stay in a core's own caches.
    private const int Piece = 1 << 13;

    /// <param name="count">Rows.</param>
    /// <param name="numbers">In all of them.</param>
    /// <param name="body">Told the row.</param>
    public static void ForEach(int count, long numbers, Action<int> body)
    {
        var threads = numbers < FewNumbers ? 1 : torch.get_num_threads();
        if (threads > 1 && count > 1) Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, body);
        else for (var row = 0; row < count; row++) body(row);
    }

    /// <param name="numbers">How many there are.</param>
    /// <param name="body">Told where a piece of them starts, and how long it is.</param>
    public static void ForEachPiece(long numbers, Action<nint, int> body) =>
        ForEach((int)((numbers + Piece - 1) / Piece), numbers, piece => body((nint)piece * Piece, (int)Math.Min(Piece, numbers - (long)piece * Piece)));
}
