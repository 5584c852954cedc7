using Microsoft.ML.PLD;
using TorchSharp;

try
{
    TorchRuntime.EnsureLoaded();
    using var sum = torch.arange(14, torch.float32).sum();
    Console.WriteLine($"sum {sum.item<float>()}");
    Console.WriteLine($"libtorch {TorchRuntime.LibtorchFolder}");
    return 0;
}
catch (DllNotFoundException failure)
{
    Console.WriteLine(failure.Message);
    return 3;
}
