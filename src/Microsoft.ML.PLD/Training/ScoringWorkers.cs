using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Batches scored side by side on the processor, one on each core: small ones would leave the cores waiting for each other at every operation.</summary>
internal static class ScoringWorkers
{
    private static readonly Lock InUse = new();
    private static ComputeWorkers? _workers;

    /// <summary>How many batches can be scored at a time on a device.</summary>
    public static int Count(torch.Device device) => device.type == DeviceType.CPU ? torch.get_num_threads() : 1;

    /// <summary>
    /// Scores each batch once. While another thread uses the workers, or where there are fewer batches than workers, the caller's own does it, with all cores.
    /// </summary>
    /// <param name="batches">How many; the costly ones first.</param>
    /// <param name="device">Where they are scored.</param>
    /// <param name="score">Told which.</param>
    public static void ForEach(int batches, torch.Device device, Action<int> score)
    {
        var count = Count(device);
        if (count > 1 && batches >= count && InUse.TryEnter())
        {
            try
            {
                if (_workers?.Count != count)
                {
                    _workers?.Dispose();
                    _workers = new ComputeWorkers(count); // libtorch's threads have been set anew
                }
                var next = -1;
                _workers.Run(_ =>
                {
                    for (int batch; (batch = Interlocked.Increment(ref next)) < batches;) score(batch);
                });
            }
            finally
            {
                InUse.Exit();
            }
        }
        else for (var batch = 0; batch < batches; batch++) score(batch);
    }
}
