using System.Runtime.ExceptionServices;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>The processes that a launcher such as mpirun or srun started together. Training uses all of them; a process that was started by itself is a job of one.</summary>
/// <remarks>
/// <para>All of them run the same program: each trains on its share of every batch, and <c>Fit</c> gives each the same model. Rank 0 alone reports progress and has checkpoints. What the program
/// itself writes or prints belongs into <c>if (DistributedJob.IsFirst)</c>.</para>
/// <para>The first use loads MPI, if there is a launcher; without one, MPI is never loaded. See docs/distributed.md.</para>
/// </remarks>
public static class DistributedJob
{
    /// <summary>The number of this process: 0 to <see cref="Size"/> - 1.</summary>
    /// <exception cref="DllNotFoundException">There is a launcher, and no MPI library.</exception>
    /// <exception cref="InvalidOperationException">The MPI library is not the launcher's.</exception>
    public static int Rank => Current.Rank;

    /// <summary>How many processes there are.</summary>
    /// <inheritdoc cref="Rank" path="/exception"/>
    public static int Size => Current.Size;

    /// <summary>Whether this is rank 0, the one that reports and writes.</summary>
    /// <inheritdoc cref="Rank" path="/exception"/>
    public static bool IsFirst => Rank == 0;

    /// <summary>Waits until all processes are here, as long as it takes: for what one of them prepares for all.</summary>
    /// <inheritdoc cref="Rank" path="/exception"/>
    public static void Wait() => Current.Wait(isWell: true);

    /// <summary>Rank 0 does something that all need, such as filling a folder that they read; the others wait for it, as long as it takes.</summary>
    /// <param name="work">What rank 0 does.</param>
    /// <exception cref="InvalidOperationException">On the other ranks: rank 0 could not do it. There it is the exception of <paramref name="work"/> itself.</exception>
    /// <inheritdoc cref="Rank" path="/exception"/>
    public static void First(Action work) => First(Current, work);

    internal static void First(ICollective ranks, Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        ExceptionDispatchInfo? failure = null;
        try
        {
            if (ranks.Rank == 0) work();
        }
        catch (Exception exception)
        {
            failure = ExceptionDispatchInfo.Capture(exception);
        }
        var isDone = ranks.Wait(failure is null);
        failure?.Throw();
        if (!isDone) throw new InvalidOperationException("Rank 0 of the job could not do what all were waiting for; its own message says why.");
    }

    /// <summary>The processes that a training with such options uses.</summary>
    internal static ICollective For(RuntimeOptions runtime) => runtime.Distributed ? Current : SingleProcess.Instance;

    /// <summary>The processes that train with such options, with what is fastest for the memory of their devices.</summary>
    internal static ICollective For(RuntimeOptions runtime, torch.Device device) => For(runtime) is MpiCollective ranks ? NcclCollective.Over(ranks, device) : For(runtime);

    /// <summary>The job, or this process alone.</summary>
    internal static ICollective Current => Launcher.Current is { Size: > 1 } ? MpiCollective.Instance : SingleProcess.Instance;
}
