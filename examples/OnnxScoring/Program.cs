using System.CommandLine;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using OnnxScoring;

var model = new Option<FileInfo>("--model") { Description = "A model that SaveAsOnnx wrote, or examples/Convert, with the tokenizer's files beside it.", Required = true };
var text = new Option<string[]>("--text")
{
    Description = "What to score.", AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => ["The film was a delight from the first minute to the last.", "I would not watch it again for money.", "My card has not arrived yet."],
};
var json = new Option<FileInfo?>("--json") { Description = "Gets max_abs_difference of the two ways, and whether TorchSharp was loaded." };

var command = new RootCommand("Scores text by an ONNX model: by ONNX Runtime alone, and as a step of an ML.NET pipeline. Neither loads TorchSharp.") { model, text, json };
command.SetAction(arguments =>
{
    var (path, texts) = (arguments.GetRequiredValue(model).FullName, arguments.GetRequiredValue(text));
    if (!File.Exists(path))
    {
        Console.Error.WriteLine($"There is no '{path}'. Make one: dotnet run -c Release --project examples/Convert -- --from examples/models/pld-bert-mini --to {path}");
        return 1;
    }

    // 1. ONNX Runtime alone: all texts at once, padded to the longest.
    using var session = new TextSession(path);
    var alone = session.Score(texts.Select(text => (text, (string?)null)));

    // 2. In a pipeline, next to ML.NET's own steps, row by row: ApplyOnnxModel wants sizes that do not vary.
    var mlContext = new MLContext(seed: 1);
    int[] shape = [1, session.MaxLength];
    var shapes = new Dictionary<string, int[]> { ["input_ids"] = shape, ["attention_mask"] = shape, ["token_type_ids"] = shape };
    var pipeline = mlContext.Transforms.CustomMapping<TextRow, TokenRow>(session.Tokens, contractName: null, outputSchemaDefinition: TokenRow.Schema(session.MaxLength))
        .Append(mlContext.Transforms.ApplyOnnxModel([session.Output], ["input_ids", "attention_mask", "token_type_ids"], path, shapes, gpuDeviceId: null, fallbackToCpu: false));
    var rows = mlContext.Data.LoadFromEnumerable(texts.Select(text => new TextRow { Text = text }));
    var piped = pipeline.Fit(rows).Transform(rows).GetColumn<float[]>(session.Output).ToArray();

    for (var i = 0; i < texts.Length; i++) Console.WriteLine($"{session.Describe(alone[i])}   {texts[i]}");
    var difference = alone.Zip(piped).SelectMany(pair => pair.First.Zip(pair.Second)).Max(pair => Math.Abs(pair.First - pair.Second));
    var isTorchLoaded = AppDomain.CurrentDomain.GetAssemblies().Any(assembly => assembly.GetName().Name == "TorchSharp");
    Console.WriteLine($"Both ways agree within {difference:G2}; TorchSharp was {(isTorchLoaded ? "" : "not ")}loaded.");
    if (arguments.GetValue(json) is { } report)
        File.WriteAllText(report.FullName, JsonSerializer.Serialize(new Dictionary<string, object> { ["max_abs_difference"] = difference, ["torchsharp_loaded"] = isTorchLoaded }));
    return 0;
});
return command.Parse(args).Invoke();
