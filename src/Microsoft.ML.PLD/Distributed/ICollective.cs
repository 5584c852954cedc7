namespace Microsoft.ML.PLD;

/// <summary>The processes, called ranks, that train one model together. Every rank makes the same calls in the same order, each from one thread at a time.</summary>
internal interface ICollective
{
    /// <summary>The number of this process: 0 to <see cref="Size"/> - 1.</summary>
    int Rank { get; }

    /// <summary>How many processes there are.</summary>
    int Size { get; }

    /// <summary>
    /// Bytes that were given to <see cref="Sum{T}"/> and <see cref="Broadcast"/> so far, and half of those of <see cref="SumScatter"/> and <see cref="Gather"/>. What goes over the
    /// network is this times a factor of the algorithm's, near 2 for sums.
    /// </summary>
    long Bytes { get; }

    /// <summary>Every rank gets the sums of all ranks' numbers, place by place: the same bits everywhere.</summary>
    /// <typeparam name="T"><see cref="float"/>, <see cref="double"/> or <see cref="long"/>.</typeparam>
    /// <param name="values">This rank's numbers; then the sums.</param>
    void Sum<T>(Span<T> values) where T : unmanaged;

    /// <summary>Every rank gets a part of the sums of all ranks' numbers: the first half of what <see cref="Sum{T}"/> does.</summary>
    /// <param name="values">This rank's numbers, the part of rank 0 first; then its own part is summed, and the others mean nothing.</param>
    /// <param name="counts">How many numbers each rank gets; they add up to all.</param>
    void SumScatter(Span<float> values, ReadOnlySpan<int> counts);

    /// <summary>Every rank gets the parts of all: the second half of what <see cref="Sum{T}"/> does.</summary>
    /// <param name="values">This rank's numbers in their place; then those of all, the part of rank 0 first.</param>
    /// <param name="counts">How many numbers each rank has; they add up to all.</param>
    void Gather(Span<float> values, ReadOnlySpan<int> counts);

    /// <summary>Every rank gets what rank 0 has.</summary>
    /// <param name="values">Of the same length everywhere.</param>
    void Broadcast(Span<byte> values);

    /// <summary>Waits until all ranks are here, as long as it takes.</summary>
    /// <param name="isWell">Whether this rank has done what it had to.</param>
    /// <returns>Whether all have.</returns>
    bool Wait(bool isWell);

    /// <summary>Work begins that all ranks must end: a process that exits before ends the job.</summary>
    /// <returns>Dispose of it when the work is done, or has failed on all ranks.</returns>
    IDisposable Begin();

    /// <summary>Ends all processes of the job, this one among them, because this rank cannot go on. Returns only where there is no other.</summary>
    /// <param name="reason">For the person who reads the job's log.</param>
    void Abort(string reason);
}
