namespace Microsoft.ML.PLD;

/// <summary>One place of the network where dropout is applied, at one step, for one micro-batch.</summary>
/// <param name="Rate">The share dropped.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Step">The optimizer step.</param>
/// <param name="Place">Which of the network's places.</param>
/// <param name="FirstRow">The micro-batch's first row's number in the step's batch: so that its bits are the same in whatever micro-batch it comes.</param>
/// <param name="Rows">The rows: of the micro-batch, or drawn of it.</param>
/// <param name="Drawn">Which of the micro-batch's rows they are; null: all.</param>
internal sealed record DropoutSite(double Rate, ulong Seed, long Step, int Place, long FirstRow, int Rows, int[]? Drawn = null)
{
    // Rows of a step; with the places, within the 44 bits of a random stream's index.
    private const int RowBits = 28;

    public double Scale => DropoutBits.Scale(Rate);

    public DropoutBits Bits(int row) => new(Rate, new RandomStream(Seed, RandomPurpose.Dropout, Step, (long)Place << RowBits | (FirstRow + (Drawn?[row] ?? row))));
}
