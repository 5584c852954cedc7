namespace Microsoft.ML.PLD;

/// <summary>Which numbers of each weight are whose, where ranks share the optimizer's state: each block's weights, one after the other, cut into as many equal parts as there are ranks.</summary>
/// <remarks>AdamW moves each number by itself, so that a part may begin and end anywhere. Of some weights of a block, in their order, the parts lie in the order of the ranks.</remarks>
internal sealed class WeightShards
{
    // Of each weight by name: where it begins in its block, how many numbers it has, and how many the block has.
    private readonly Dictionary<string, (long First, long Count, long All)> _places = [];

    /// <param name="ranks">Who shares.</param>
    /// <param name="weights">All that are trained, in their order.</param>
    public WeightShards(ICollective ranks, IEnumerable<Weight> weights)
    {
        Ranks = ranks;
        foreach (var block in weights.GroupBy(weight => SwitchableEncoder.BlockOf(weight.Name) ?? -1))
        {
            var (at, all) = (0L, block.Sum(weight => weight.Value.numel()));
            foreach (var weight in block)
            {
                _places[weight.Name] = (at, weight.Value.numel(), all);
                at += weight.Value.numel();
            }
        }
    }

    public ICollective Ranks { get; }

    /// <summary>The numbers of a weight that are this rank's.</summary>
    public (long First, long Count) OwnOf(Weight weight) => Of(weight, Ranks.Rank);

    /// <summary>How many numbers of some weights are each rank's.</summary>
    public int[] CountsOf(params IReadOnlyList<Weight> weights) => [.. Enumerable.Range(0, Ranks.Size).Select(rank => checked((int)weights.Sum(weight => Of(weight, rank).Count)))];

    private (long First, long Count) Of(Weight weight, int rank)
    {
        var (first, count, all) = _places[weight.Name];
        var begin = Math.Clamp(Cut(rank) - first, 0, count);
        return (begin, Math.Clamp(Cut(rank + 1) - first, 0, count) - begin);

        long Cut(int before) => (long)((Int128)all * before / Ranks.Size);
    }
}
