namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>What joins two machines, by the alpha-beta model: a message of B bytes takes alpha + B / rate.</summary>
/// <param name="Alpha">Seconds before the first byte.</param>
/// <param name="Rate">Bytes a second.</param>
internal sealed record Link(double Alpha, double Rate)
{
    /// <summary>How long a sum of so many bytes takes, on so many ranks with a link each: by the faster of a ring and a tree, as MPI libraries choose.</summary>
    public double Sum(double bytes, int ranks) => Math.Min(Ring(bytes, ranks), Tree(bytes, ranks));

    /// <summary>Each rank sends a part at a time to the next: reduce-scatter, then all-gather.</summary>
    public double Ring(double bytes, int ranks) => ranks == 1 ? 0 : 2 * (ranks - 1) * Alpha + 2 * (ranks - 1.0) / ranks * bytes / Rate;

    /// <summary>Recursive halving and doubling: as many bytes as the ring, in messages as few as a tree's levels (Thakur et al., 2005); the one for short messages sends all at each level.</summary>
    public double Tree(double bytes, int ranks)
    {
        var levels = Math.Ceiling(Math.Log2(ranks));
        return Math.Min(levels * (Alpha + bytes / Rate), 2 * levels * Alpha + 2 * (ranks - 1.0) / ranks * bytes / Rate);
    }

    /// <summary>The link between two ranks whose sums took these times: alpha is the shortest's, and the rate that of the last bytes of the longest, for what queues and shapers let pass at once is no link.</summary>
    /// <param name="sums">Bytes and seconds, on two ranks: from those that are all start-up to those that are all sending.</param>
    public static Link Fit(IReadOnlyList<(double Bytes, double Seconds)> sums)
    {
        var ordered = sums.OrderBy(sum => sum.Bytes).ToArray();
        var (longest, before) = (ordered[^1], ordered[^2]);
        return new(ordered[0].Seconds, (longest.Bytes - before.Bytes) / (longest.Seconds - before.Seconds)); // one message each way, at once
    }
}
