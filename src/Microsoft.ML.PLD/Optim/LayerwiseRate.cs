using System.Globalization;

namespace Microsoft.ML.PLD;

/// <summary>What the learning rate of each weight is multiplied by, by the block that it is in.</summary>
internal static class LayerwiseRate
{
    /// <summary>
    /// decay^(L + 1 - d), where d is 0 for the embeddings, 1 to L for the blocks from below, and L + 1 for what is above them: so that the head's is 1. 0 for the lowest
    /// blocks that are frozen, and for the embeddings below them.
    /// </summary>
    /// <param name="name">The weight's name.</param>
    /// <param name="layers">L</param>
    /// <param name="decay">In (0, 1].</param>
    /// <param name="frozen">How many blocks are frozen.</param>
    public static double Of(string name, int layers, double decay, int frozen)
    {
        var depth = DepthOf(name, layers);
        return frozen > 0 && depth <= frozen ? 0 : Math.Pow(decay, layers + 1 - depth);
    }

    /// <summary>0: the embeddings; 1 to L: the blocks from below; L + 1: the rest.</summary>
    public static int DepthOf(string name, int layers)
    {
        var blocks = SwitchableEncoder.BlocksName;
        if (name.StartsWith("bert.embeddings.", StringComparison.Ordinal)) return 0;
        if (!name.StartsWith(blocks, StringComparison.Ordinal)) return layers + 1;
        var number = name.AsSpan(blocks.Length);
        return int.Parse(number[..number.IndexOf('.')], NumberStyles.None, CultureInfo.InvariantCulture) + 1;
    }
}
