using System.CommandLine;
using Conversion;
using Glue;
using Microsoft.ML;
using Microsoft.ML.PLD;

namespace Cli;

/// <summary>Which model is put to use, and how.</summary>
internal sealed class ModelSettings
{
    public Setting<string?> Model { get; } = Settings.Path("--model", "Needed. A model.zip, a folder in Hugging Face's layout, or an ONNX model that this library has written.", helpName: "PATH");

    public Setting<int> MaxLength { get; } = Settings.Whole("--max-length", "The most tokens of a text, for folders, which do not tell; 0: 128, or as many as the model has positions for.", 0, least: 0);

    public Setting<string> Device { get; } = Settings.Device();

    /// <summary>Reads a fine-tuned model.</summary>
    /// <exception cref="UsageException">It is for pairs and there is one text, or the other way round.</exception>
    public Model Load(string path, ParseResult parsed, bool isPair)
    {
        UseDevice(parsed);
        var model = Conversion.Model.Load(new MLContext(seed: 1), path, pooling: null, parsed.GetValue(MaxLength), isPair);
        if (model.IsPair == isPair) return model;
        model.Dispose();
        throw new UsageException(isPair ? $"--text2 is given, but '{path}' is a model of single texts." : $"'{path}' is a model of pairs: --text2 COLUMN is missing.");
    }

    /// <summary>Reads a pre-trained encoder.</summary>
    public Model LoadEncoder(string path, ParseResult parsed, Pooling? pooling)
    {
        UseDevice(parsed);
        return Conversion.Model.LoadEncoder(new MLContext(seed: 1), path, pooling, parsed.GetValue(MaxLength));
    }

    private void UseDevice(ParseResult parsed)
    {
        if (parsed.GetValue(Device) is not { } device || device == "auto") return;
        _ = new RuntimeOptions { Device = device }.Resolve(); // what is not there is said of the option
        Environment.SetEnvironmentVariable("PLD_DEVICE", device); // which reaches models of every form
    }
}
