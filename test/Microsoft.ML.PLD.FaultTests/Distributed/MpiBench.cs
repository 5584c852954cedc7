using System.Text.Json;
using System.Text.RegularExpressions;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>Trainings on several ranks, on every MPI that is installed: the weights that one process has, the bytes that dropping layers saves, and jobs of which a rank dies or hangs.</summary>
internal static partial class MpiBench
{
    /// <param name="isShort">Two ranks and the small shape only.</param>
    /// <param name="kills">How many jobs lose a rank.</param>
    /// <param name="hangs">In how many a rank hangs.</param>
    /// <param name="seed">Of ranks and moments.</param>
    /// <returns>What went wrong.</returns>
    public static IReadOnlyList<string> Run(bool isShort, int kills, int hangs, int seed)
    {
        var (failures, found) = (new List<string>(), MpiImplementation.Installed);
        using var work = new WorkFolder("mpi");
        var text = Path.Combine(work.Path, "text");
        _ = new PreparedText(text);
        var folders = 0;
        string Folder() => Path.Combine(work.Path, $"run-{++folders}");

        var (reference, largest) = (Folder(), 0.0);
        var initial = Folder();
        Expect(MpiImplementation.RunAlone(new(), text, reference), "one process");
        Expect(MpiImplementation.RunAlone(new() { Steps = 1 }, text, initial), "one step");
        if (failures.Count == 0 && !(Difference(reference, initial) > 1e-3)) failures.Add("The reference has learned nothing.");
        var fitted = Folder();
        Expect(MpiImplementation.RunAlone(new() { Fits = true }, text, fitted), "one process that fits estimators");
        void Compare(string name, JobResult job, string folder, string? with = null)
        {
            if (!Expect(job, name)) return;
            var difference = Difference(with ?? reference, folder);
            largest = double.IsNaN(difference) ? difference : Math.Max(largest, difference);
            Console.WriteLine(FormattableString.Invariant($"{name}: weights differ by at most {difference:G3} from those of one process"));
        }
        foreach (var mpi in found)
        {
            foreach (var (ranks, isSharded) in isShort ? [(2, false), (2, true)] : new[] { (2, false), (2, true), (4, false), (4, true) })
            {
                var (folder, name) = (Folder(), $"{mpi.Name}, {ranks} ranks{(isSharded ? " with a part of the optimizer's state each" : "")}");
                Compare(name, mpi.Run(ranks, new() { ShardOptimizer = isSharded }, text, folder), folder);
            }
            var fits = Folder();
            Compare($"{mpi.Name}, 2 ranks that fit estimators", mpi.Run(2, new() { Fits = true }, text, fits), fits, fitted);
            if (isShort) continue;
            var (onTwo, hosts) = (Folder(), $"{mpi.Name}, two hosts");
            var job = mpi.RunOnTwoHosts(new(), text, onTwo);
            if (job.Output.StartsWith("skipped", StringComparison.Ordinal)) Console.WriteLine($"{hosts}: {job.Output.TrimEnd()}");
            else Compare(hosts, job, onTwo);
        }
        if (!(largest <= 1e-6)) failures.Add($"Weights differ by {largest}.");

        double ratio = double.NaN;
        if (found.Count > 0)
        {
            double Bytes(double theta)
            {
                var job = found[0].Run(2, new() { Theta = theta, IsBase = !isShort, Steps = isShort ? 40 : 14 }, text, Folder(), patience: 900, timeout: 600);
                return Expect(job, $"theta {theta}") && BytesOfStep().Match(job.Output) is { Success: true } match ? double.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : double.NaN;
            }
            var (dense, dropping) = (Bytes(1), Bytes(0.5));
            ratio = dropping / dense;
            if (!(ratio < 0.95)) failures.Add($"Of {dense} bytes a step, {dropping} are left with theta 0.5.");
            Console.WriteLine(FormattableString.Invariant($"{(isShort ? "6 x 64" : "BERT-base")}: {dense / 1e6:F1} MB a step, {dropping / 1e6:F1} MB with theta 0.5: {ratio:F3}"));
        }

        var random = new Random(seed);
        var (survived, ended) = (0, 0);
        for (var kill = 0; kill < kills && found.Count > 0; kill++)
        {
            var mpi = found[kill % found.Count];
            var amiss = new RankCase { Fault = RankCase.Ends[kill / found.Count % RankCase.Ends.Count], Rank = random.Next(2), Step = random.Next(1, 31) };
            var (name, folder) = ($"{mpi.Name}, rank {amiss.Rank} {amiss.Fault} in step {amiss.Step}", Folder());
            // Who leaves without a word is missed by the others' watchdog at the latest.
            var job = mpi.Run(2, amiss, text, folder, patience: 60, timeout: 8);
            // MPICH's launcher returns 0 where a rank leaves by _exit(0): then what tells is that there is no model.
            if (job.Code is null || job.Code == 0 && (amiss.Fault != RankCase.HardExit || Directory.Exists(Path.Combine(folder, "model"))))
            {
                failures.Add($"{name}: {job}");
                continue;
            }
            Console.WriteLine($"{name}: exit code {job.Code} after {job.Time.TotalSeconds:F1} s. {Said(job)}");
            if (Expect(mpi.Run(2, new(), text, folder), $"{name}, resumed") && Difference(reference, folder) is var difference && difference <= 1e-6) survived++;
            else failures.Add($"{name}: resumed, it gives other weights.");
        }
        for (var hang = 0; hang < hangs && found.Count > 0; hang++)
        {
            var mpi = found[hang % found.Count];
            var amiss = new RankCase { Fault = RankCase.Hang, Rank = random.Next(2), Step = random.Next(1, 31) };
            const double timeout = 6;
            var job = mpi.Run(2, amiss, text, Folder(), patience: 90, timeout);
            if (job.Code is null or 0) failures.Add($"{mpi.Name}, rank {amiss.Rank} hangs in step {amiss.Step}: {job}");
            else
            {
                ended++;
                Console.WriteLine($"{mpi.Name}, rank {amiss.Rank} hangs in step {amiss.Step}: exit code {job.Code} after {job.Time.TotalSeconds:F1} s, {timeout} of them waiting. {Said(job)}");
            }
        }

        foreach (var failure in failures) Console.WriteLine($"FAILED: {failure}");
        Console.WriteLine(JsonSerializer.Serialize(
            new { implementations = found.Select(mpi => mpi.Name), max_difference_sgd = largest, bytes_ratio_pld = double.IsNaN(ratio) ? (double?)null : ratio, kills, survived, hangs, ended }));
        return failures;

        bool Expect(JobResult job, string name)
        {
            if (job.Code == 0) return true;
            failures.Add($"{name}: {job}");
            return false;
        }
    }

    private static string Said(JobResult job) => job.Errors.Split('\n').FirstOrDefault(line => line.StartsWith("Rank ", StringComparison.Ordinal)) ?? job.Errors.Split('\n').FirstOrDefault(line => line.Contains("rank", StringComparison.OrdinalIgnoreCase)) ?? "";

    private static double Difference(string one, string other)
    {
        using var first = BertModel.FromPretrained(Path.Combine(one, "model"));
        using var second = BertModel.FromPretrained(Path.Combine(other, "model"));
        return first.Weights.All.Zip(second.Weights.All).Select(pair => pair.First.Value.data<float>().Zip(pair.Second.Value.data<float>(), (a, b) => (double)Math.Abs(a - b)).Aggregate(Greater)).Aggregate(Greater);
    }

    // Where one is no number, it is.
    private static double Greater(double a, double b) => double.IsNaN(a) || a > b ? a : b;

    [GeneratedRegex(@"^bytes a step (\d+)", RegexOptions.Multiline)]
    private static partial Regex BytesOfStep();
}
