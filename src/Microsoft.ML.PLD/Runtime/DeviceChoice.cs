using System.Globalization;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Turns the option <c>Device</c> into a device: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>, or <c>auto</c>.</summary>
internal static class DeviceChoice
{
    public const string Auto = "auto";

    // Also for models that are loaded by mlContext.Model.Load, which takes no options.
    private const string Variable = "PLD_DEVICE";

    /// <summary>Says what is wrong with the text of a device, or null: checks the form only, not the machine.</summary>
    public static string? Problem(string? device) => TryParse(device, out _, out _)
        ? null
        : $"Device is '{device}'; expected 'auto', 'cpu', 'cuda' or 'cuda:N' with N from 0.";

    /// <exception cref="ArgumentException">The text, or the environment variable that stands for <see cref="Auto"/>, is not a device.</exception>
    /// <exception cref="InvalidOperationException">The device is not on this machine.</exception>
    public static torch.Device Resolve(string device) =>
        device == Auto && Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
            ? Resolve(named, $"The environment variable {Variable}", $"Unset {Variable}, or set it to 'cpu',")
            : Resolve(device, "Device", "Set Device to 'auto' or 'cpu'");

    private static torch.Device Resolve(string device, string source, string advice)
    {
        if (!TryParse(device, out var cuda, out var index))
            throw new ArgumentException($"{source} is '{device}'; expected 'auto', 'cpu', 'cuda' or 'cuda:N' with N from 0.");
        TorchRuntime.EnsureLoaded();
        if (cuda is null && !torch.cuda_is_available()) return new torch.Device(DeviceType.CPU);
        if (cuda is null) return Launcher.Current is { LocalSize: > 1, LocalRank: var rank } ? new torch.Device(DeviceType.CUDA, rank % torch.cuda.device_count()) : new torch.Device(DeviceType.CUDA);
        if (cuda is false) return new torch.Device(DeviceType.CPU);

        var there = torch.cuda_is_available() ? torch.cuda.device_count() : 0;
        if (there == 0)
            throw new InvalidOperationException(
                $"{source} is '{device}', but libtorch in '{TorchRuntime.LibtorchFolder}' sees no CUDA device. It needs an NVIDIA driver and a CUDA build of libtorch "
                + $"(package TorchSharp-cuda-linux or TorchSharp-cuda-windows). {advice} to run on the processor.");
        if (index >= there)
            throw new InvalidOperationException($"{source} is '{device}', but this machine has {there} CUDA device(s): expected cuda:0 to cuda:{there - 1}.");
        return new torch.Device(DeviceType.CUDA, index);
    }

    // cuda: true, false, or null for "auto"
    private static bool TryParse(string? device, out bool? cuda, out int index)
    {
        index = 0;
        cuda = device switch { "cpu" => false, Auto => null, _ => true };
        if (cuda is not true || device == "cuda") return true;
        return device is not null && device.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(device.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out index);
    }
}
