namespace Microsoft.ML.PLD.FaultTests;

/// <summary>Damages the newest of two checkpoints at random, in every file: it must be found out, and the one before be used.</summary>
internal static class CorruptionBench
{
    private static readonly string[] Kinds = ["a bit turned over", "bytes overwritten", "cut off", "bytes put in", "bytes taken away", "zeros for a page", "file gone", "two files swapped", "file of the checkpoint before"];

    /// <returns>How many of the damages were found, and what went wrong.</returns>
    public static (int Detected, IReadOnlyList<string> Failures) Run(int times, int seed)
    {
        using var work = new WorkFolder("corrupt");
        var folder = Path.Combine(work.Path, "checkpoints");
        var training = new TrainingCase(TrainingCase.Pretraining, Precision.Float32, 1);
        training.Run(new PreparedText(Path.Combine(work.Path, "text")), new CheckpointOptions { Folder = folder, EverySteps = 1, KeepBest = false, Interval = TimeSpan.Zero }, new Nobody());

        using var store = new CheckpointStore(folder);
        var (newest, before) = (store.All[0], store.All[1]);
        var files = Directory.EnumerateFiles(newest.Path).Order(StringComparer.Ordinal).ToArray();
        var random = new Random(seed);
        var detected = 0;
        var failures = new List<string>();
        for (var i = 0; i < times; i++)
        {
            var (file, kind) = (files[i % files.Length], i / files.Length % Kinds.Length); // each file in each way
            var original = File.ReadAllBytes(file);
            var other = files[(i + 1) % files.Length];
            var otherBytes = File.ReadAllBytes(other);
            var isSame = !Damage(file, kind, original, other, otherBytes, Path.Combine(before.Path, Path.GetFileName(file)), random);
            try
            {
                var told = new List<string>();
                var found = store.Latest(told.Add);
                if (isSame && found?.State.Step == newest.Step) detected++; // as the one before to the last byte: no damage
                else if (found?.State.Step == before.Step && told.Count == 1) detected++;
                else failures.Add($"{Path.GetFileName(file)}, {Kinds[kind]}: loaded step {found?.State.Step}.");
            }
            catch (Exception failure)
            {
                failures.Add($"{Path.GetFileName(file)}, {Kinds[kind]}: {failure}");
            }
            if (Directory.Exists(newest.Path + ".damaged")) Directory.Move(newest.Path + ".damaged", newest.Path);
            File.WriteAllBytes(file, original);
            File.WriteAllBytes(other, otherBytes);
        }
        Console.WriteLine($"{times} damages to {files.Length} files in {Kinds.Length} ways, {detected} found out and the checkpoint before used");
        return (detected, failures);
    }

    // False: nothing has changed.
    private static bool Damage(string file, int kind, byte[] bytes, string other, byte[] otherBytes, string before, Random random)
    {
        var at = random.Next(bytes.Length);
        var end = Math.Min(bytes.Length, at + random.Next(1, 17));
        switch (kind)
        {
            case 0:
                bytes = [.. bytes];
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes = [.. bytes];
                var old = bytes[at];
                random.NextBytes(bytes.AsSpan(at..end));
                if (bytes[at] == old) bytes[at]++;
                break;
            case 2:
                bytes = bytes[..at];
                break;
            case 3:
                bytes = [.. bytes[..at], .. bytes[at..end], .. bytes[at..]];
                break;
            case 4:
                bytes = [.. bytes[..at], .. bytes[end..]];
                break;
            case 5:
                at = at / 4096 * 4096;
                bytes = [.. bytes];
                bytes.AsSpan(at, Math.Min(4096, bytes.Length - at)).Clear();
                break;
            case 6:
                File.Delete(file);
                return true;
            case 7:
                File.WriteAllBytes(file, otherBytes);
                File.WriteAllBytes(other, bytes);
                return true;
            default:
                var earlier = File.ReadAllBytes(before);
                File.WriteAllBytes(file, earlier);
                return !earlier.AsSpan().SequenceEqual(bytes);
        }
        File.WriteAllBytes(file, bytes);
        return true;
    }

    private sealed class Nobody : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
        }
    }
}
