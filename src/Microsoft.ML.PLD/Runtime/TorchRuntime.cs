using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Loads the native libraries of libtorch, once, before the first tensor is made.</summary>
/// <remarks>
/// Everything in this library calls <see cref="EnsureLoaded"/> itself; call it yourself only before you use TorchSharp directly.
/// The library does not choose a libtorch: the application references <c>libtorch-cpu-linux-x64</c>, <c>TorchSharp-cpu</c>,
/// <c>TorchSharp-cuda-linux</c> or <c>TorchSharp-cuda-windows</c>, or sets <see cref="FolderVariable"/> to a folder that holds one
/// (for example the <c>lib</c> folder of a Python installation of PyTorch).
/// </remarks>
public static class TorchRuntime
{
    /// <summary>The environment variable that names a folder with libtorch's libraries: <c>PLD_LIBTORCH</c>.</summary>
    public const string FolderVariable = "PLD_LIBTORCH";

    /// <summary>The release of libtorch that TorchSharp was built for.</summary>
    public const string LibtorchVersion = "2.10.0";

    // In the order in which they depend on each other; the CUDA ones are absent from CPU builds.
    private static readonly string[] Libtorch = ["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"];
    private static readonly string[] Required = ["c10", "torch_cpu", "torch"];
    private const string Binding = "LibTorchSharp";

    private static readonly Lazy<string> Loaded = new(Load);

    /// <summary>Loads libtorch and its .NET binding unless that has been done; safe to call from any thread, as often as you like.</summary>
    /// <exception cref="DllNotFoundException">A library is missing or does not load; the message says which, what to install and where it was sought.</exception>
    public static void EnsureLoaded() => _ = Loaded.Value;

    /// <summary>The folder that libtorch was loaded from.</summary>
    /// <exception cref="DllNotFoundException">As for <see cref="EnsureLoaded"/>.</exception>
    public static string LibtorchFolder => Loaded.Value;

    private static string Load()
    {
        OpenMPWaiting.SpinBriefly();
        Allocator.KeepFreedMemory();
        var named = Environment.GetEnvironmentVariable(FolderVariable);
        var deployed = NativeSearch.Folders();
        var folders = string.IsNullOrEmpty(named) ? deployed : [Path.GetFullPath(named)];

        foreach (var library in Required)
            if (NativeSearch.Find(folders, library) is null)
                throw Missing(library, folders, named);
        foreach (var library in Libtorch)
            if (NativeSearch.Find(folders, library) is { } path)
                LoadLibrary(path);

        LoadBinding(NativeSearch.Find(deployed, Binding) ?? throw Missing(Binding, deployed, named: null));
        torch.InitializeDeviceType(DeviceType.CPU);
        return Path.GetDirectoryName(NativeSearch.Find(folders, "torch_cpu"))!;
    }

    private static void LoadBinding(string path)
    {
        try
        {
            LoadLibrary(path);
        }
        catch (DllNotFoundException failure) when (MendedLibrary.MissingVersion(failure) is not null)
        {
            if (MendedLibrary.Mend(File.ReadAllBytes(path), MendedLibrary.MissingVersion(failure)!) is not { } mended) throw;
            // TorchSharp's own search then finds it by its name: it is loaded already.
            MendedLibrary.Load(mended, Path.GetFileName(path), MendedLibrary.CacheFolder(), LoadLibrary);
        }
    }

    private static void LoadLibrary(string path)
    {
        try
        {
            NativeLibrary.Load(path);
        }
        catch (Exception failure) when (failure is DllNotFoundException or BadImageFormatException)
        {
            throw new DllNotFoundException(
                $"'{path}' was found but does not load: {failure.Message} TorchSharp {TorchSharpVersion} needs libtorch {LibtorchVersion} "
                + $"for {NativeSearch.RuntimeIdentifier}; the version table is in the README of Microsoft.ML.PLD.", failure);
        }
    }

    private static DllNotFoundException Missing(string library, IEnumerable<string> folders, string? named) => new(
        $"The native library '{NativeSearch.FileName(library)}' was not found. "
        + (library == Binding
            ? $"It comes with the package TorchSharp {TorchSharpVersion}."
            : !string.IsNullOrEmpty(named)
                ? $"The environment variable {FolderVariable} is '{named}', which must be a folder that holds libtorch {LibtorchVersion}; or unset it and "
                    + $"add one package to your application: {SuggestedPackage()}."
                : $"Add one package to your application: {SuggestedPackage()}, or set {FolderVariable} to a folder that holds libtorch {LibtorchVersion}.")
        + $" Tried:{string.Concat(folders.Select(folder => $"\n  {folder}"))}");

    private static string SuggestedPackage() =>
        OperatingSystem.IsWindows() ? $"libtorch-cpu-win-x64 {LibtorchVersion} (GPU: TorchSharp-cuda-windows {TorchSharpVersion})"
        : OperatingSystem.IsMacOS() ? $"libtorch-cpu-osx-arm64 {LibtorchVersion}"
        : $"libtorch-cpu-linux-x64 {LibtorchVersion} (GPU: TorchSharp-cuda-linux {TorchSharpVersion})";

    private static string TorchSharpVersion { get; } = typeof(torch).Assembly.GetName().Version!.ToString(3);
}
