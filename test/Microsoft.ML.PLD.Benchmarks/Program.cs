using System.CommandLine;
using Microsoft.ML.PLD;
using Microsoft.ML.PLD.Benchmarks;

// dotnet run -c Release --project test/Microsoft.ML.PLD.Benchmarks -- <suite> [--json FILE]
var json = new Option<FileInfo?>("--json") { Description = "Write the figures to this file too.", Recursive = true };
var rounds = new Option<int>("--rounds") { Description = "Measurements of each arm; 0 leaves it to the suite.", Recursive = true };

var command = new RootCommand("Measures the speed of Microsoft.ML.PLD. Run one suite at a time, with nothing else running.") { json, rounds };
foreach (var suite in Suite.All)
{
    var subcommand = new Command(suite.Name, suite.Description);
    foreach (var option in suite.Options) subcommand.Add(option);
    subcommand.SetAction(parsed =>
    {
        var report = new Report(suite.Name);
        suite.Run(new SuiteArguments(parsed, parsed.GetValue(rounds)), report);
        if (!DistributedJob.IsFirst) return;
        report.Print();
        if (parsed.GetValue(json) is { } file) report.Write(file.FullName);
    });
    command.Add(subcommand);
}
return command.Parse(args).Invoke();
