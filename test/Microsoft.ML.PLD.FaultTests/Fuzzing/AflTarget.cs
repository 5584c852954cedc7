using SharpFuzz;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>A parser as AFL++ runs it: see <c>build/fuzz.sh</c>.</summary>
internal static class AflTarget
{
    /// <param name="arguments"><c>fuzz-afl TARGET</c>, which AFL++ starts; <c>fuzz-seeds TARGET FOLDER</c> writes what it begins with.</param>
    public static int Run(string[] arguments)
    {
        using var work = new WorkFolder("afl", inMemory: true);
        using var target = FuzzTarget.Make(arguments[1], work.Path);
        if (arguments is ["fuzz-seeds", _, var folder])
        {
            Directory.CreateDirectory(folder);
            for (var i = 0; i < target.Seeds.Count; i++) File.WriteAllBytes(Path.Combine(folder, $"seed-{i}"), target.Seeds[i].Bytes);
            return 0;
        }
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            Try(target, copy.ToArray());
        });
        return 0;
    }

    // The checksums right, as in the bench: AFL++ would never find them.
    private static void Try(FuzzTarget target, byte[] input)
    {
        if (target.Seeds is [{ Prefix: 0 } seed, ..]) input = seed.Format.Mend(input);
        var trial = FuzzTrial.Run(target, input);
        if (trial.Unexpected is { } failure) throw failure;
        if (trial.Factor(target, input) > target.FactorFor(input) && FuzzTrial.RunAfresh(target, input) is var again && again.Factor(target, input) > target.FactorFor(input))
            throw new InvalidOperationException($"Allocates {again.Allocated:N0} bytes for {input.Length:N0}.");
    }
}
