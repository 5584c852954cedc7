using System.CommandLine;
using Glue;
using Microsoft.ML.PLD;

namespace Compare;

/// <summary>The command line of a comparison: this example's, and the verb "compare" of examples/Cli.</summary>
internal static class CompareCommand
{
    public static void Fill(Command command)
    {
        var config = new Option<FileInfo?>("--config") { Description = "What is compared: a JSON file, see docs/comparing.md; several are in examples/Compare, for example smoke.json." };
        var logs = new Option<FileInfo?>("--logs") { Description = "Make the report again from the logs.zip of a comparison, instead of comparing. --work is a new folder then." };
        var baseline = new Option<string?>("--baseline") { Description = "With --logs: the arm that the report holds the others against, instead of the config's first one." };
        var text = new Option<string[]>("--text") { Description = "Text files (.txt, .txt.br, .txt.gz) or folders instead of the config's: a paragraph a line, an empty line ends a document. Their end is held out, or --validation-text.", AllowMultipleArgumentsPerToken = true };
        var validationText = new Option<string[]>("--validation-text") { Description = "Text files or folders to validate with, beside --text.", AllowMultipleArgumentsPerToken = true };
        var work = new Option<DirectoryInfo>("--work") { Description = "Where text, reference times, checkpoints, results and reports go. What is finished there is not done again, what was interrupted goes on.", DefaultValueFactory = _ => new DirectoryInfo("compare-output") };
        var glue = new Option<string[]>("--glue") { Description = "Folders with GLUE's tasks for the downstream check: CoLA/, SST-2/ and so on. Default: the WNLI that comes with this example.", AllowMultipleArgumentsPerToken = true };
        var precision = new Option<Precision>("--precision") { Description = "The number format.", DefaultValueFactory = _ => Precision.Auto };
        var fresh = new Option<bool>("--fresh") { Description = "Do everything anew. Runs and times in --work are set aside under other names; to go on after a stop, leave --fresh out." };
        var json = new Option<FileInfo?>("--json") { Description = "Write the results to this file, a record for each arm." };

        command.Description = """
            Compares ways of pre-training under one budget: equal steps, samples, FLOPs of the blocks, or time.

            Time is reference system time: step times measured on this machine before the arms begin, so that noise does not decide. Arms are trained in turns,
            with several seeds; the report has curves, tables with spreads, and a verdict. Ctrl+C stops it; the same command (without --fresh) goes on, also
            after a kill or a power cut.

            Example:
              Compare --config examples/Compare/smoke.json       all schedules in short, on shipped text
            """;
        foreach (var option in new Option[] { config, logs, baseline, text, validationText, work, glue, precision, fresh, json }) command.Add(option);

        command.SetAction(parsed =>
        {
            try
            {
                if (parsed.GetValue(logs) is { } archive)
                {
                    Option[] ofTraining = [config, text, validationText, glue, precision, fresh];
                    if (ofTraining.FirstOrDefault(one => parsed.GetResult(one) is { Implicit: false }) is { } unused) throw new UsageException($"{unused.Name} is of no use beside --logs, which trains nothing: leave out one of them.");
                    return Session.Again(archive.FullName, parsed.GetRequiredValue(work).FullName, parsed.GetValue(baseline), parsed.GetValue(json)?.FullName);
                }
                if (parsed.GetValue(baseline) is not null) throw new UsageException("--baseline goes with --logs; the baseline of a comparison is the first arm of its config.");
                var file = parsed.GetValue(config) ?? throw new UsageException("--config is missing: what is compared, for example examples/Compare/smoke.json; or --logs, for the report of an earlier comparison.");
                var read = ComparisonConfig.Read(file.FullName, parsed.GetValue(text), parsed.GetValue(validationText));
                using var stop = new StopRequest();
                var folders = parsed.GetValue(glue) is { Length: > 0 } given ? given : [Path.Combine(AppContext.BaseDirectory, "data", "glue")];
                return new Session(read, parsed.GetRequiredValue(work).FullName, folders, parsed.GetValue(precision), parsed.GetValue(fresh), parsed.GetValue(json)?.FullName).Run(stop.Token);
            }
            catch (Exception failure) when (Ending.Of(failure, parsed.GetValue(fresh)) is { } ending)
            {
                Console.Error.WriteLine(ending.Message);
                return ending.Code;
            }
        });
    }
}
