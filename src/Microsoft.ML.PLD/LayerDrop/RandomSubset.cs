namespace Microsoft.ML.PLD;

/// <summary>What a <see cref="RandomSubset"/> is drawn from.</summary>
public enum SubsetOf
{
    /// <summary>The sequences of a step's batch: a block sees some of them whole.</summary>
    Sequences,

    /// <summary>The tokens of each sequence: a block sees as many of each, in their order, and attends among these.</summary>
    Tokens,
}

/// <summary>The part of its input that a block computes; the rest passes by it unchanged.</summary>
/// <param name="Of">What is drawn.</param>
/// <param name="Share">The share that is drawn, in (0, 1). Of tokens the nearest whole number of each sequence; of each eight of a step's sequences one of the two whole numbers next to it, so that each is drawn with this very probability.</param>
/// <param name="Seed">With the numbers of the step and of the run within the plan, decides what is drawn.</param>
/// <param name="Step">The optimizer step.</param>
public readonly record struct RandomSubset(SubsetOf Of, double Share, ulong Seed, long Step)
{
    /// <summary>The rows of a micro-batch that are drawn, ascending: the same of the step, however it is cut.</summary>
    /// <param name="run">Which of the plan's runs.</param>
    /// <param name="firstRow">The number of the micro-batch's first row in the step's batch.</param>
    /// <param name="rows">The micro-batch's rows.</param>
    internal int[] Sequences(int run, long firstRow, int rows)
    {
        // A ruler with a mark every 1 / share rows, laid at a random place, says how many of each group are drawn: every row with the same probability.
        var (phase, drawn) = (Stream(run, MostRows - 1).NextDouble(), new List<int>(rows));
        for (var group = firstRow / GroupRows; group * GroupRows < firstRow + rows; group++)
        {
            var wanted = Math.Floor(Share * GroupRows * (group + 1) + phase) - Math.Floor(Share * GroupRows * group + phase);
            foreach (var row in Draw((int)wanted, GroupRows, Stream(run, group)))
                if (group * GroupRows + row - firstRow is >= 0 and var place && place < rows) drawn.Add((int)place);
        }
        return [.. drawn];
    }

    /// <summary>The positions that are drawn of one row, ascending: as many of each row, at least one.</summary>
    /// <param name="run">Which of the plan's runs.</param>
    /// <param name="row">The row's number in the step's batch.</param>
    /// <param name="length">Its tokens.</param>
    internal int[] Tokens(int run, long row, int length) => Draw(TokensOf(length), length, Stream(run, row));

    /// <summary>How many tokens of a row are drawn.</summary>
    internal int TokensOf(int length) => Math.Clamp((int)Math.Round(Share * length, MidpointRounding.AwayFromZero), 1, length);

    private RandomStream Stream(int run, long row) => new(Seed, RandomPurpose.Subset, Step, (long)run << RowBits | row);

    // Rows of a step; with the runs, within the 44 bits of a random stream's index.
    private const int RowBits = 28, GroupRows = 8;
    private const long MostRows = 1L << RowBits;

    // Selection sampling (Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2 S): each of the subsets is as likely as any other.
    private static int[] Draw(int wanted, int of, RandomStream random)
    {
        var drawn = new int[wanted];
        for (var (i, taken) = (0, 0); taken < wanted; i++)
            if (random.NextInt32(of - i) < wanted - taken) drawn[taken++] = i;
        return drawn;
    }
}
