using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Cuts texts into groups, each padded to its longest, so that scoring all of them takes the least time.</summary>
internal static class LengthGroups
{
    // What a group costs beside its tokens, in tokens: measured with BertConfig.Mini on two cores. A CUDA device is idle below thousands of them.
    private const int OnProcessor = 16, OnOthers = 4_096;

    public static int Overhead(torch.Device device) => device.type == DeviceType.CPU ? OnProcessor : OnOthers;

    /// <param name="lengths">Tokens of each text.</param>
    /// <param name="overhead">What a group costs, in tokens.</param>
    /// <param name="workers">Groups scored at a time: none is larger than its share, unless a text alone is.</param>
    /// <returns>The texts of each group, by their places in <paramref name="lengths"/>; each text once, shorter ones first.</returns>
    public static IReadOnlyList<int[]> Cut(IReadOnlyList<int> lengths, int overhead, int workers = 1)
    {
        var most = workers == 1 ? long.MaxValue : lengths.Sum(length => (long)length) / workers;
        var order = Enumerable.Range(0, lengths.Count).OrderBy(text => lengths[text]).ToArray();
        // The least cost of the first so many texts, and how many of them its last group leaves out.
        var least = new long[order.Length + 1];
        var cut = new int[order.Length + 1];
        for (var end = 1; end <= order.Length; end++)
        {
            least[end] = long.MaxValue;
            for (var begin = 0; begin < end; begin++)
            {
                var tokens = (long)(end - begin) * lengths[order[end - 1]];
                if (tokens > most && begin < end - 1) continue;
                var cost = least[begin] + overhead + tokens;
                if (cost < least[end]) (least[end], cut[end]) = (cost, begin);
            }
        }
        var groups = new List<int[]>();
        for (var end = order.Length; end > 0; end = cut[end]) groups.Insert(0, order[cut[end]..end]);
        return groups;
    }
}
