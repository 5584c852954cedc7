using System.CommandLine;
using QuickStart;

var minutes = new Option<double>("--minutes") { Description = "Minutes of pre-training. More is better.", DefaultValueFactory = _ => 4 };
var smoke = new Option<bool>("--smoke") { Description = "A run of seconds that only shows that everything works." };
var json = new Option<FileInfo?>("--json") { Description = "Write the figures to this file." };
var output = new Option<DirectoryInfo>("--output") { Description = "Where the models go.", DefaultValueFactory = _ => new DirectoryInfo("quickstart-output") };
var seed = new Option<int>("--seed") { Description = "The seed of everything random.", DefaultValueFactory = _ => 1 };

var command = new RootCommand("Pre-trains BERT with progressive layer dropping, fine-tunes it on banking77, and compares.") { minutes, smoke, json, output, seed };
command.SetAction(parsed =>
{
    var plan = parsed.GetValue(smoke) ? Plan.Smoke : Plan.For(parsed.GetValue(minutes));
    using var story = new Story(plan, parsed.GetValue(seed), parsed.GetValue(output)!.FullName);
    var results = story.Tell();
    if (parsed.GetValue(json) is { } file) results.Write(file.FullName);
});
return command.Parse(args).Invoke();
