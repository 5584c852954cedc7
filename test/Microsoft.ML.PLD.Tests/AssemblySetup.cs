[assembly: Parallelize(Workers = 2, Scope = ExecutionScope.ClassLevel)]

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public static class AssemblySetup
{
    // Tests touch TorchSharp directly, without going through the library's entry points.
    // One thread each: two test classes run at once, and threads that wait for each other on busy processors take many times as long.
    [AssemblyInitialize]
    public static void LoadLibtorch(TestContext _)
    {
        TorchRuntime.EnsureLoaded();
        TorchSharp.torch.set_num_threads(1);
    }
}
