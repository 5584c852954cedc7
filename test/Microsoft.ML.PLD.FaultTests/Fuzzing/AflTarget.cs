using SharpFuzz;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>A parser as AFL++ runs it: see <c>build/fuzz.sh</c>.</summary>
internal static class AflTarget
{
    public const string Fuzz = "fuzz-afl", Seeds = "fuzz-seeds";

    /// <param name="arguments"><c>fuzz-afl TARGET FOLDER</c>, which AFL++ starts; <c>fuzz-seeds TARGET FOLDER</c> writes what it begins with.</param>
    public static int Run(string[] arguments)
    {
        var folder = Directory.CreateDirectory(arguments[2]).FullName;
        if (arguments[0] == Seeds)
        {
            using var work = new WorkFolder("afl");
            using var good = FuzzTarget.Make(arguments[1], work.Path);
            for (var i = 0; i < good.Seeds.Count; i++) File.WriteAllBytes(Path.Combine(folder, $"seed-{i}"), good.Seeds[i].Bytes);
            return 0;
        }
        FuzzTarget? target = null;
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            // Made here: instrumented code has nowhere to count its branches before.
            Try(target ??= FuzzTarget.Make(arguments[1], folder), copy.ToArray());
        });
        return 0;
    }

    // The checksums right, as in the bench: AFL++ would never find them.
    private static void Try(FuzzTarget target, byte[] input)
    {
        if (target.Seeds is [{ Prefix: 0 } seed, ..]) input = seed.Format.Mend(input);
        var trial = FuzzTrial.Run(target, input);
        if (trial.Unexpected is { } failure) throw failure;
        if (trial.Leaked > 0) throw new InvalidOperationException($"Leaves {trial.Leaked} tensors behind.");
        if (trial.Factor(target, input) > target.FactorFor(input) && trial.Confirm(target, input) is var again && again.Factor(target, input) > target.FactorFor(input))
            throw new InvalidOperationException($"Allocates {again.Allocated:N0} bytes for {input.Length:N0}.");
    }
}
