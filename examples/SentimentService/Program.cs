using System.CommandLine;
using Microsoft.ML.PLD;
using SentimentService;

var model = new Option<FileInfo>("--model") { Description = "The trained model.", DefaultValueFactory = _ => new FileInfo("SentimentModel.zip") };
var config = new Option<FileInfo>("--config") { Description = "What is learned from, and how.", DefaultValueFactory = _ => new FileInfo(Path.Combine(AppContext.BaseDirectory, "SentimentModel.mbconfig")) };
var smoke = new Option<bool>("--smoke") { Description = "A training of seconds that only shows that everything works." };
var urls = new Option<string>("--urls") { Description = "Where to listen; port 0 takes a free one.", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
var rate = new Option<int>("--requests-a-second") { Description = "The most requests of one address a second.", DefaultValueFactory = _ => new ServiceLimits().RequestsASecond };

var train = new Command("train", "Learns from all rows, and saves the model.") { model, config, smoke };
train.SetAction(parsed =>
{
    using var console = new ConsoleProgress();
    SentimentModel.Train(Settings(parsed), parsed.GetValue(model)!.FullName, console);
    Console.WriteLine($"Saved to {parsed.GetValue(model)!.FullName}");
});

var evaluate = new Command("evaluate", "Measures by cross-validation what such a model is worth.") { config, smoke };
evaluate.SetAction(parsed =>
{
    using var console = new ConsoleProgress();
    SentimentModel.Evaluate(Settings(parsed), console);
});

var serve = new Command("serve", "Answers POST /predict and /predict/batch; GET /health.") { model, urls, rate };
serve.SetAction(async (parsed, cancellation) =>
{
    await using var app = Service.Create(parsed.GetValue(model)!.FullName, parsed.GetValue(urls)!, new ServiceLimits { RequestsASecond = parsed.GetValue(rate) });
    await app.RunAsync(cancellation);
});

// Signals are left to the web host, which lets requests that are under way be answered.
return await new RootCommand("A model of sentiment: train it, evaluate it, serve it.") { train, evaluate, serve }.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

SentimentSettings Settings(ParseResult parsed)
{
    var settings = SentimentSettings.Read(parsed.GetValue(config)!.FullName);
    return parsed.GetValue(smoke) ? settings with { Training = settings.Training with { Epochs = 1 }, Evaluation = settings.Evaluation with { Folds = 2 } } : settings;
}
