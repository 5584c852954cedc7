using System.CommandLine;
using Glue;
using Microsoft.ML.PLD;

var data = new Option<string[]>("--data") { Description = "Folders with GLUE's tasks: CoLA/, SST-2/ and so on, as the official archives have them; each task may be in another one. Default: the environment variable GLUE_DIR, else the WNLI that comes with this example.", AllowMultipleArgumentsPerToken = true };
var model = new Option<string[]>("--model") { Description = "One or several models, shown side by side: a folder (BertModel.SavePretrained, Hugging Face's layout); 'scratch', the first folder's architecture and vocabulary without its weights; or tiny, mini, small, medium, base: not pre-trained, the vocabulary learned from each task's text. NAME=MODEL names it in the report. Default: the model that comes with this example if there is one, else tiny.", AllowMultipleArgumentsPerToken = true };
var tasks = new Option<string>("--tasks") { Description = "'all', those that are there, or names with commas: CoLA, SST-2, MRPC, STS-B, QQP, MNLI, QNLI, RTE, WNLI.", DefaultValueFactory = _ => "all" };
var seeds = new Option<int>("--seeds") { Description = "So many runs of each task, with the seeds 1, 2, ...: a single one says little on small tasks.", DefaultValueFactory = _ => 1 };
var rates = new Option<string[]>("--learning-rates") { Description = "The rates to choose from, task by task, or 'paper': each task's rate in the paper, made for BERT-base (7e-5 for WNLI, which it leaves out). Default: 1e-4 3e-4 1e-3, for small encoders.", AllowMultipleArgumentsPerToken = true };
var fullGrid = new Option<bool>("--full-grid") { Description = "Every rate with every seed, the best mean counts. Otherwise every rate with the first seed, and the best one with the others." };
var epochs = new Option<int>("--epochs") { Description = "Passes over a task's training set.", DefaultValueFactory = _ => 3 };
var maxSteps = new Option<long>("--max-steps") { Description = "At most so many optimizer steps a run; 0: as many as the epochs take.", DefaultValueFactory = _ => 0 };
var batchSize = new Option<int>("--batch-size") { Description = "Examples a step.", DefaultValueFactory = _ => 32 };
var maxLength = new Option<int>("--max-length") { Description = "Tokens of an example, or as many as the model has positions for.", DefaultValueFactory = _ => 128 };
var precision = new Option<Precision>("--precision") { Description = "The number format.", DefaultValueFactory = _ => Precision.Auto };
var work = new Option<DirectoryInfo>("--work") { Description = "Where results, checkpoints, reports and submissions go. What is finished or has failed there is not done again, what was interrupted goes on.", DefaultValueFactory = _ => new DirectoryInfo("glue-output") };
var fresh = new Option<bool>("--fresh") { Description = "Do everything anew. What is in --work is set aside under other names; to go on after a stop, leave --fresh out." };
var retry = new Option<bool>("--retry") { Description = "Do runs that failed once more, and the best ones whose predictions for the test sets are missing, or of other test files." };
var noSubmission = new Option<bool>("--no-submission") { Description = "Do not predict the test sets: saves time." };
var json = new Option<FileInfo?>("--json") { Description = "Write the results at the chosen learning rates to this file, a record for each model, task and seed." };

var command = new RootCommand("""
    Fine-tunes encoders on GLUE and reports how good they are.

    For each task and model, the learning rate that is best on the development set with the first seed is run with the other seeds. The reports have the
    mean, deviation and best over the seeds. As rate and best seed are chosen on the development sets, numbers on them are optimistic.
    Ctrl+C stops it; the same command (without --fresh) goes on, also after a kill or a power cut.

    Examples:
      Glue                                                          the shipped data and model
      Glue --data glue_data --model my-bert scratch --seeds 5       a model against the same without pre-training
      Glue --data glue_data --model my-bert --tasks RTE,MRPC        two tasks
    """)
{
    data, model, tasks, seeds, rates, fullGrid, epochs, maxSteps, batchSize, maxLength, precision, work, fresh, retry, noSubmission, json,
};
command.SetAction(parsed =>
{
    try
    {
        var settings = new Settings
        {
            Data = parsed.GetValue(data) is { Length: > 0 } folders ? folders : Defaults.Data(),
            Models = parsed.GetValue(model) is { Length: > 0 } models ? models : Defaults.Models(),
            Work = parsed.GetRequiredValue(work).FullName, Tasks = Lists.Names(parsed.GetRequiredValue(tasks)), Seeds = parsed.GetValue(seeds),
            LearningRates = parsed.GetValue(rates) is { Length: > 0 } given ? Lists.Rates(given) : Settings.UsualRates, FullGrid = parsed.GetValue(fullGrid),
            Epochs = parsed.GetValue(epochs), MaxSteps = parsed.GetValue(maxSteps), BatchSize = parsed.GetValue(batchSize), MaxLength = parsed.GetValue(maxLength),
            Precision = parsed.GetValue(precision), Fresh = parsed.GetValue(fresh), Retry = parsed.GetValue(retry), Submission = !parsed.GetValue(noSubmission),
        };
        settings.Check();
        using var stop = new StopRequest();
        return new Session(settings, parsed.GetValue(json)?.FullName).Run(stop.Token);
    }
    catch (Exception failure) when (Ending.Of(failure, parsed.GetValue(fresh)) is { } ending)
    {
        Console.Error.WriteLine(ending.Message);
        return ending.Code;
    }
});
return command.Parse(args).Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null }); // Ctrl+C is for the training
