using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Ranks with a CUDA device each: tensors there are added up by NCCL, from device to device, and everything else as the ranks do without.</summary>
/// <remarks>
/// A call waits until its sum is there, so that the watchdog sees one that never comes. NCCL's work lies in the stream of libtorch's own operations: a sum begins when what is before it is done, and is not
/// hidden behind what comes after.
/// </remarks>
internal sealed unsafe class NcclCollective : IDeviceCollective
{
    private static readonly Lock Making = new();
    private static readonly Dictionary<string, ICollective> Made = [];

    private readonly ICollective _ranks;
    private readonly NcclLibrary _library;
    private readonly torch.Device _device;
    private readonly Action _synchronize;
    private readonly Func<string, IDisposable> _watch;
    private readonly nint _job;
    private long _bytes;

    /// <param name="ranks">What makes the ranks known to each other, and adds up what is no tensor of the device.</param>
    /// <param name="library">NCCL.</param>
    /// <param name="device">This rank's, which is the thread's.</param>
    /// <param name="synchronize">Waits for the device.</param>
    /// <param name="watch">Watches over a wait, until the result is disposed of.</param>
    public NcclCollective(ICollective ranks, NcclLibrary library, torch.Device device, Action synchronize, Func<string, IDisposable> watch)
    {
        (_ranks, _library, _device, _synchronize, _watch) = (ranks, library, device, synchronize, watch);
        var id = ranks.Rank == 0 ? library.NewId() : default;
        ranks.Broadcast(MemoryMarshal.AsBytes(new Span<NcclLibrary.UniqueId>(ref id)));
        using (watch("the start of NCCL")) _job = library.Join(id, ranks.Rank, ranks.Size);
    }

    public int Rank => _ranks.Rank;

    public int Size => _ranks.Size;

    public long Bytes => _bytes + _ranks.Bytes;

    /// <summary>The same ranks with NCCL, if each has it and a CUDA device; else as they are. All ranks call it.</summary>
    /// <param name="ranks">More than one.</param>
    /// <param name="device">This rank's.</param>
    public static ICollective Over(MpiCollective ranks, torch.Device device)
    {
        lock (Making)
        {
            if (Made.TryGetValue(device.ToString(), out var made)) return made;
            var library = device.type == DeviceType.CUDA && CudaDevice.TryUse(device) ? NcclLibrary.TryLoad() : null;
            long[] have = [library is null ? 0 : 1];
            ranks.Sum<long>(have);
            return Made[device.ToString()] = have[0] == ranks.Size
                ? new NcclCollective(ranks, library!, device, () => torch.cuda.synchronize(device), ranks.WatchOver)
                : ranks;
        }
    }

    public bool Takes(torch.Tensor values) => values.device_type == _device.type;

    public void Sum(torch.Tensor values) => Run(values, values.numel() * sizeof(float), numbers => _library.Sum(_job, numbers, values.numel()));

    // NCCL's own reduce-scatter has parts of one size only.
    public void SumScatter(torch.Tensor values, ReadOnlySpan<int> counts) => Parts(values, counts, _library.SumAt);

    public void Gather(torch.Tensor values, ReadOnlySpan<int> counts) => Parts(values, counts, _library.Broadcast);

    public void Broadcast(torch.Tensor values) => Run(values, values.numel() * sizeof(float), numbers => _library.Broadcast(_job, numbers, values.numel(), root: 0));

    public void Sum<T>(Span<T> values) where T : unmanaged => _ranks.Sum(values);

    public void SumScatter(Span<float> values, ReadOnlySpan<int> counts) => _ranks.SumScatter(values, counts);

    public void Gather(Span<float> values, ReadOnlySpan<int> counts) => _ranks.Gather(values, counts);

    public void Broadcast(Span<byte> values) => _ranks.Broadcast(values);

    public bool Wait(bool isWell) => _ranks.Wait(isWell);

    public IDisposable Begin() => _ranks.Begin();

    public void Abort(string reason) => _ranks.Abort(reason);

    private delegate void OnNumbers(float* numbers);

    private delegate void OnPart(nint job, float* numbers, long count, int root);

    private void Parts(torch.Tensor values, ReadOnlySpan<int> counts, OnPart operation)
    {
        var parts = counts.ToArray();
        Run(values, values.numel() * sizeof(float) / 2, numbers => _library.Together(() =>
        {
            var part = numbers;
            for (var root = 0; root < parts.Length; root++)
            {
                if (parts[root] > 0) operation(_job, part, parts[root], root);
                part += parts[root];
            }
        }));
    }

    private void Run(torch.Tensor values, long bytes, OnNumbers operation)
    {
        _bytes += bytes;
        using (_watch("a sum of the devices"))
        {
            operation((float*)values.Address());
            _synchronize();
        }
    }
}
