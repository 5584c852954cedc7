using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Batches scored side by side on the processor, one on each core: small ones would leave the cores waiting for each other at every operation.</summary>
internal static class ScoringWorkers
{
    private static readonly Lazy<ComputeWorkers> Workers = new(() => new ComputeWorkers(torch.get_num_threads()));
    private static readonly Lock InUse = new();

    /// <summary>How many batches can be scored at a time on a device.</summary>
    public static int Count(torch.Device device) => device.type == DeviceType.CPU ? torch.get_num_threads() : 1;

    /// <summary>Scores each batch once. While another thread uses the workers, the caller's own does it.</summary>
    /// <param name="batches">How many; the costly ones first.</param>
    /// <param name="device">Where they are scored.</param>
    /// <param name="score">Told which.</param>
    public static void ForEach(int batches, torch.Device device, Action<int> score)
    {
        if (batches > 1 && Count(device) > 1 && InUse.TryEnter())
        {
            try
            {
                var next = -1;
                Workers.Value.Run(_ =>
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
