[assembly: Parallelize(Workers = 2, Scope = ExecutionScope.ClassLevel)]

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public static class AssemblySetup
{
    // Tests touch TorchSharp directly, without going through the library's entry points.
    [AssemblyInitialize]
    public static void LoadLibtorch(TestContext _) => TorchRuntime.EnsureLoaded();
}
