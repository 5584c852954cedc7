using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Collective operations on what is no span.</summary>
internal static unsafe class CollectiveExtensions
{
    /// <summary>Does what all ranks do and none may fail in alone: it would leave the others waiting. A failure ends the job.</summary>
    public static T Together<T>(this ICollective ranks, Func<T> work)
    {
        using var begun = ranks.Begin();
        try
        {
            return work();
        }
        catch (Exception failure)
        {
            ranks.Abort($"{failure.GetType().Name}: {failure.Message}");
            throw;
        }
    }

    /// <summary>The rows of a batch that are this rank's: as many as the others', or one more.</summary>
    public static (int First, int Count) ShareOf(this ICollective ranks, int rows)
    {
        var first = (int)((long)rows * ranks.Rank / ranks.Size);
        return (first, (int)((long)rows * (ranks.Rank + 1) / ranks.Size) - first);
    }

    /// <summary>The most rows of a batch that a rank has.</summary>
    public static int LargestShareOf(this ICollective ranks, int rows) => (rows - 1) / ranks.Size + 1;

    /// <summary>Adds up a float32 tensor in place.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="values">Contiguous; of a CUDA device, it goes through the processor's memory unless the ranks are an <see cref="IDeviceCollective"/>.</param>
    public static void Sum(this ICollective ranks, torch.Tensor values)
    {
        if (ranks is IDeviceCollective devices && devices.Takes(values)) devices.Sum(values);
        else Through(values, ranks.Sum<float>, takesBack: true);
    }

    /// <summary>Adds up a float32 tensor of which each rank gets a part: see <see cref="ICollective.SumScatter"/>.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="values">Contiguous, at most 2^31 numbers.</param>
    /// <param name="counts">How many numbers each rank gets.</param>
    public static void SumScatter(this ICollective ranks, torch.Tensor values, int[] counts)
    {
        if (ranks is IDeviceCollective devices && devices.Takes(values)) devices.SumScatter(values, counts);
        else Through(values, numbers => ranks.SumScatter(numbers, counts));
    }

    /// <summary>Every rank gets the parts of a float32 tensor that the others have: see <see cref="ICollective.Gather"/>.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="values">Contiguous, at most 2^31 numbers.</param>
    /// <param name="counts">How many numbers each rank has.</param>
    public static void Gather(this ICollective ranks, torch.Tensor values, int[] counts)
    {
        if (ranks is IDeviceCollective devices && devices.Takes(values)) devices.Gather(values, counts);
        else Through(values, numbers => ranks.Gather(numbers, counts));
    }

    /// <summary>Gives a tensor the values that it has on rank 0.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="values">Contiguous, float32.</param>
    public static void Broadcast(this ICollective ranks, torch.Tensor values)
    {
        if (ranks is IDeviceCollective devices && devices.Takes(values)) devices.Broadcast(values);
        else Through(values, numbers => ranks.Broadcast(MemoryMarshal.AsBytes(numbers)), takesBack: ranks.Rank > 0);
    }

    /// <summary>What rank 0 has.</summary>
    public static T Broadcast<T>(this ICollective ranks, T value) where T : unmanaged
    {
        ranks.Broadcast(MemoryMarshal.AsBytes(new Span<T>(ref value)));
        return value;
    }

    /// <summary>What rank 0 has, of any length.</summary>
    public static byte[] BroadcastBytes(this ICollective ranks, byte[] bytes)
    {
        var length = ranks.Broadcast(bytes.Length);
        if (ranks.Rank > 0) bytes = new byte[length];
        ranks.Broadcast(bytes.AsSpan());
        return bytes;
    }

    /// <summary>The mean of what the ranks have measured.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="own">Of this rank; null: it had nothing to measure.</param>
    /// <param name="weight">How much it counts.</param>
    /// <param name="blocks">Of how many blocks.</param>
    public static IReadOnlyList<BlockChange> Mean(this ICollective ranks, IReadOnlyList<BlockChange>? own, double weight, int blocks)
    {
        if (ranks.Size == 1 && own is not null) return own;
        var sums = new double[2 * blocks + 1];
        if (own is not null)
        {
            for (var block = 0; block < blocks; block++) (sums[2 * block], sums[2 * block + 1]) = (weight * own[block].Distance, weight * own[block].Angle);
            sums[^1] = weight;
        }
        ranks.Sum<double>(sums);
        return [.. Enumerable.Range(0, blocks).Select(block => new BlockChange(sums[2 * block] / sums[^1], sums[2 * block + 1] / sums[^1]))];
    }

    private delegate void OnNumbers(Span<float> numbers);

    // All at once: where a number lies says whose it is.
    private static void Through(torch.Tensor values, OnNumbers operation)
    {
        if (values.numel() > int.MaxValue) throw new NotSupportedException($"A block has {values.numel():N0} weights; expected at most {int.MaxValue:N0} where ranks share the optimizer's state.");
        Through(values, operation, takesBack: true, most: int.MaxValue);
    }

    // In pieces, for a span has at most 2^31 numbers.
    private static void Through(torch.Tensor values, OnNumbers operation, bool takesBack, long most = 1 << 28)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var isHere = values.device_type == DeviceType.CPU;
        var host = isHere ? values : values.detach().cpu();
        var start = (float*)host.Address();
        for (long at = 0; at < values.numel(); at += most) operation(new Span<float>(start + at, (int)Math.Min(most, values.numel() - at)));
        if (!isHere && takesBack) values.copy_(host);
    }
}
