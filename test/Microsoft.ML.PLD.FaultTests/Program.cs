using System.CommandLine;
using Microsoft.ML.PLD.FaultTests;

// dotnet run -c Release --project test/Microsoft.ML.PLD.FaultTests -- <bench>
if (args is ["train", ..]) return TrainingProcess.Train(args[1..]); // what the benches kill
if (args is [RankProcess.Command, ..]) return RankProcess.Run(args[1..]); // what the ranks of jobs run
if (args is [AflTarget.Fuzz or AflTarget.Seeds, _, _]) return AflTarget.Run(args); // build/fuzz.sh
if (args is ["fuzz-worker", ..]) return FuzzWorker.Run(args[1..]);

var seed = new Option<int>("--seed") { Description = "Of all that is drawn at random.", DefaultValueFactory = _ => 1, Recursive = true };
var command = new RootCommand("Does to trainings and files what goes wrong in the world, and says what they survive.")
{
    seed,
    Bench("kill", "Trainings killed at random moments, and resumed.", 50, (times, seed) => Print(KillBench.Run(times, signal: null, seed))),
    Bench("signal", "The same with SIGTERM.", 20, (times, seed) => Print(KillBench.Run(times, "TERM", seed))),
    Bench("corrupt", "Checkpoints damaged at random.", 1_000, (times, seed) => Print(CorruptionBench.Run(times, seed).Failures)),
    Bench("memory", "The memory of 2,000 steps.", 1, (_, _) => Print(MemoryCurve.Run())),
    Bench("overhead", "What a checkpoint costs.", 1, (_, _) => Print(CheckpointCost.Run())),
    Bench("disk", "Full disks, and folders that become read-only.", 1, (times, _) => Print(DiskBench.Run(times).Failures)),
};
var target = new Option<string[]>("--target") { Description = $"The parser, or several; without: all. One of {string.Join(", ", FuzzTarget.Names)}.", DefaultValueFactory = _ => [] };
var inputs = new Option<long>("--times") { Description = "How many inputs for each.", DefaultValueFactory = _ => 20_000 };
var processes = new Option<int>("--processes") { Description = "How many at a time.", DefaultValueFactory = _ => 1 };
var fuzz = new Command("fuzz", "Mutated files for each parser.") { target, inputs, processes };
fuzz.SetAction(parsed => Print(FuzzBench.Run(parsed.GetValue(target)!, parsed.GetValue(inputs), parsed.GetValue(seed), parsed.GetValue(processes)).Findings));
command.Add(fuzz);
var file = new Argument<FileInfo>("file") { Description = "What fuzzing has found." };
var parser = new Argument<string>("parser") { Description = "As --target of fuzz." };
var replay = new Command("replay", "One file to a parser, as fuzzing does it.") { parser, file };
replay.SetAction(parsed => FuzzWorker.Replay(parsed.GetValue(parser)!, File.ReadAllBytes(parsed.GetValue(file)!.FullName)));
command.Add(replay);
var isShort = new Option<bool>("--short") { Description = "As many of each as a build server has time for." };
var all = new Command("all", "All of them; the last line is a JSON object.") { isShort };
all.SetAction(parsed => AllBenches.Run(parsed.GetValue(isShort), parsed.GetValue(seed)).Count == 0 ? 0 : 1);
command.Add(all);
var kills = new Option<int>("--kills") { Description = "Jobs that lose a rank.", DefaultValueFactory = _ => 0 };
var hangs = new Option<int>("--hangs") { Description = "Jobs in which a rank hangs.", DefaultValueFactory = _ => 0 };
var mpi = new Command("mpi", "Trainings on several ranks, on every MPI that is installed; the last line is a JSON object.") { isShort, kills, hangs };
mpi.SetAction(parsed => MpiBench.Run(parsed.GetValue(isShort), parsed.GetValue(kills), parsed.GetValue(hangs), parsed.GetValue(seed)).Count == 0 ? 0 : 1);
command.Add(mpi);
return command.Parse(args).Invoke();

Command Bench(string name, string description, int usual, Func<int, int, int> run)
{
    var times = new Option<int>("--times") { Description = "How often.", DefaultValueFactory = _ => usual };
    var bench = new Command(name, description) { times };
    bench.SetAction(parsed => run(parsed.GetValue(times), parsed.GetValue(seed)));
    return bench;
}

int Print(object result)
{
    var failures = result is KillResult kills ? kills.Failures : (IReadOnlyList<string>)result;
    foreach (var failure in failures) Console.WriteLine($"FAILED: {failure}");
    return failures.Count == 0 ? 0 : 1;
}
