namespace Microsoft.ML.PLD.Tests;

/// <summary>What launchers tell the processes that they start.</summary>
[TestClass]
public sealed class LauncherTests
{
    [TestMethod]
    // OpenMPI's mpirun; under Slurm its variables are there as well.
    [DataRow("OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_RANK=3 OMPI_COMM_WORLD_LOCAL_RANK=1 OMPI_COMM_WORLD_LOCAL_SIZE=2 PMIX_RANK=3 SLURM_NTASKS=9 SLURM_PROCID=7", "OpenMpi 3 4 1 2")]
    // mpiexec of MPICH.
    [DataRow("PMI_SIZE=2 PMI_RANK=1 MPI_LOCALRANKID=1 MPI_LOCALNRANKS=2", "Hydra 1 2 1 2")]
    // MS-MPI says nothing of the machine.
    [DataRow("PMI_SIZE=2 PMI_RANK=1", "Hydra 1 2 0 1")]
    // srun --mpi=pmix, and --mpi=pmi2.
    [DataRow("PMIX_RANK=5 SLURM_NTASKS=11 SLURM_PROCID=5 SLURM_LOCALID=1 SLURM_NODEID=1 SLURM_STEP_TASKS_PER_NODE=4(x2),3", "OpenMpi 5 11 1 4")]
    [DataRow("PMI_RANK=10 SLURM_NTASKS=11 SLURM_PROCID=10 SLURM_LOCALID=2 SLURM_NODEID=2 SLURM_STEP_TASKS_PER_NODE=4(x2),3", "Hydra 10 11 2 3")]
    [DataRow("PMI_RANK=0 SLURM_NTASKS=2 SLURM_PROCID=0 SLURM_STEP_TASKS_PER_NODE=what", "Hydra 0 2 0 1")]
    // A process that nobody started as one of several: by hand, in the script of a Slurm job, in a container that inherits nonsense.
    [DataRow("", null)]
    [DataRow("SLURM_NTASKS=8 SLURM_PROCID=0", null)]
    [DataRow("OMPI_COMM_WORLD_SIZE=many PMI_SIZE=-2", null)]
    public void AreKnownByTheirVariables(string variables, string? expected)
    {
        var values = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        var found = Launcher.Find(values.GetValueOrDefault);
        Assert.AreEqual(expected, found is null ? null : $"{found.Kind} {found.Rank} {found.Size} {found.LocalRank} {found.LocalSize}");
    }

    [TestMethod]
    [DataRow("\tff", 8)]
    [DataRow(" ffffffff,00000003", 34)]
    [DataRow(" 1", 1)]
    [DataRow("00000000,00000000", 0)]
    public void ProcessorsAreCountedInTheKernelsMask(string mask, int expected) => Assert.AreEqual(expected, Affinity.Count(mask));

    [TestMethod]
    public void TheTestsAreAJobOfOne()
    {
        if (Launcher.Current is not null) Assert.Inconclusive("The tests were started by an MPI launcher.");
        Assert.AreEqual((0, 1, true), (DistributedJob.Rank, DistributedJob.Size, DistributedJob.IsFirst));
        DistributedJob.Wait();
        Assert.AreSame(SingleProcess.Instance, DistributedJob.Current);
    }
}
