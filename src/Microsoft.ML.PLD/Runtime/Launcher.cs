namespace Microsoft.ML.PLD;

/// <summary>What started this process as one of several, and told it so by environment variables.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Rank">The number of this process.</param>
/// <param name="Size">How many there are.</param>
/// <param name="LocalRank">The number of this process among those on this machine.</param>
/// <param name="LocalSize">How many there are on this machine; 1 where it is not told.</param>
internal sealed record Launcher(LauncherKind Kind, int Rank, int Size, int LocalRank, int LocalSize)
{
    /// <summary>The launcher of this process; null: it was started by itself.</summary>
    public static Launcher? Current { get; } = Find(Environment.GetEnvironmentVariable);

    /// <param name="variable">Gives the value of an environment variable.</param>
    public static Launcher? Find(Func<string, string?> variable)
    {
        int? Number(string name) => int.TryParse(variable(name), out var number) && number >= 0 ? number : null;
        // mpirun of OpenMPI, also under Slurm and in Kubernetes.
        if (Number("OMPI_COMM_WORLD_SIZE") is > 0 and var open)
            return new(LauncherKind.OpenMpi, Number("OMPI_COMM_WORLD_RANK") ?? 0, open, Number("OMPI_COMM_WORLD_LOCAL_RANK") ?? 0, Number("OMPI_COMM_WORLD_LOCAL_SIZE") ?? 1);
        // srun has PMIX_RANK with --mpi=pmix, and PMI_RANK with --mpi=pmi2; its own variables are there anyway, also in a job's script, which is no rank.
        var isStep = variable("PMIX_RANK") is not null || variable("PMI_RANK") is not null;
        if (isStep && Number("SLURM_NTASKS") is > 0 and var tasks && Number("SLURM_PROCID") is { } task)
            return new(variable("PMIX_RANK") is null ? LauncherKind.Hydra : LauncherKind.OpenMpi, task, tasks, Number("SLURM_LOCALID") ?? 0, TasksHere(variable("SLURM_STEP_TASKS_PER_NODE"), Number("SLURM_NODEID") ?? 0));
        // mpiexec of MPICH, Intel MPI, MVAPICH and MS-MPI.
        if (Number("PMI_SIZE") is > 0 and var hydra)
            return new(LauncherKind.Hydra, Number("PMI_RANK") ?? 0, hydra, Number("MPI_LOCALRANKID") ?? 0, Number("MPI_LOCALNRANKS") ?? 1);
        return null;
    }

    // Slurm's "4(x2),3": two machines with 4 tasks, and one with 3.
    private static int TasksHere(string? list, int machine)
    {
        foreach (var part in list?.Split(',') ?? [])
        {
            var (count, times) = part.IndexOf("(x", StringComparison.Ordinal) is > 0 and var at && part.EndsWith(')') ? (part[..at], part[(at + 2)..^1]) : (part, "1");
            if (!int.TryParse(count, out var tasks) || !int.TryParse(times, out var machines) || tasks < 1) break;
            if (machine < machines) return tasks;
            machine -= machines;
        }
        return 1;
    }
}

/// <summary>Families of launchers: each finds only its own library's processes.</summary>
internal enum LauncherKind
{
    /// <summary>OpenMPI's, or Slurm with PMIx.</summary>
    OpenMpi,

    /// <summary>MPICH's and those made from it.</summary>
    Hydra,
}
