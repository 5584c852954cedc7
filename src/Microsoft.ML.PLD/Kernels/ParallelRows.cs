using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Work on rows of a tensor, on as many cores as libtorch may use on this thread.</summary>
internal static class ParallelRows
{
    // Below so many numbers, waking another thread costs more than it saves.
    private const long FewNumbers = 1 << 15;

    /// <param name="count">Rows.</param>
    /// <param name="numbers">In all of them.</param>
    /// <param name="body">Told the row.</param>
    public static void ForEach(int count, long numbers, Action<int> body)
    {
        var threads = numbers < FewNumbers ? 1 : torch.get_num_threads();
        if (threads > 1 && count > 1) Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, body);
        else for (var row = 0; row < count; row++) body(row);
    }
}
