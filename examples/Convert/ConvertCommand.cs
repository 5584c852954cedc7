using System.CommandLine;
using System.Text.Json;
using Glue;
using Microsoft.ML;
using Microsoft.ML.PLD;

namespace Conversion;

/// <summary>The command line of a conversion: this example's, and the verb "export" of examples/Cli.</summary>
internal static class ConvertCommand
{
    public static void Fill(Command command)
    {
        var from = new Option<string>("--from")
        {
            Description = "A model folder in Hugging Face's layout (pre-trained, or ForSequenceClassification), the model.zip of a pipeline with one of this library's transformers, or an ONNX model that this library has written.", Required = true,
        };
        var to = new Option<string>("--to") { Description = "What becomes of it: NAME.onnx, NAME.zip, or else a folder in Hugging Face's layout.", Required = true };
        var quantize = new Option<string?>("--quantize") { Description = "Smaller numbers: int8 or float16 in an ONNX model, bfloat16 in a folder." };
        quantize.AcceptOnlyFromAmong("int8", "float16", "bfloat16");
        var pooling = new Option<Pooling?>("--pooling") { Description = "Of a pre-trained encoder: how one vector is made of a text's tokens. Default: as the folder or the ONNX model says, or else Mean." };
        var maxLength = new Option<int>("--max-length") { Description = "The most tokens of a text; 0: as the folder or the ONNX model says, or else 128, or as many as the model has positions for.", DefaultValueFactory = _ => 0 };
        var pairs = new Option<bool>("--pairs") { Description = "Of a folder or an ONNX model, which do not tell: it is of pairs of sentences." };
        var text = new Option<FileInfo?>("--text") { Description = "Texts to compare both sides on, one a line. Default: some sentences." };
        var json = new Option<FileInfo?>("--json") { Description = "Gets max_abs_difference, bytes_in and bytes_out." };
        command.Description = "Converts models between Hugging Face's folders, ML.NET's model.zip and ONNX, each into each, and compares both sides on text.";
        foreach (var option in new Option[] { from, to, quantize, pooling, maxLength, pairs, text, json }) command.Add(option);

        command.SetAction(arguments =>
        {
            var (source, target) = (arguments.GetRequiredValue(from), arguments.GetRequiredValue(to));
            string[] texts = arguments.GetValue(text) is { } file ? [.. File.ReadLines(file.FullName).Where(line => line.Length > 0)] : SampleText.Sentences;
            if (texts.Length == 0) throw new InvalidDataException($"'{arguments.GetValue(text)}' has no text.");
            var mlContext = new MLContext(seed: 1);
            using var model = Model.Load(mlContext, source, arguments.GetValue(pooling), arguments.GetValue(maxLength), arguments.GetValue(pairs));
            Console.WriteLine($"{source}: {model.Description}");
            model.Save(target, arguments.GetValue(quantize));
            // An ONNX model is run as such: what this library makes of it is a conversion already.
            var before = Model.IsOnnx(source) ? model.ScoreSaved(source, texts) : model.Score(texts);
            var comparison = Comparison.Of(before, model.ScoreSaved(target, texts), Model.Bytes(source), Model.Bytes(target));
            Console.WriteLine(comparison.ToString(target, texts.Length));
            if (arguments.GetValue(json) is { } report) WholeFile.Write(report.FullName, JsonSerializer.Serialize(comparison, Comparison.Json));
            return 0;
        });
    }
}
