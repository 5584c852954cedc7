using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PLD;
using OnnxScoring;

namespace Convert;

/// <summary>A transformer of this library, wherever it comes from: what it makes of text, and the forms that it can be saved in.</summary>
internal sealed class Model : IDisposable
{
    private readonly MLContext _mlContext;
    private readonly TextTransformer _transformer;
    private readonly ITransformer _whole;

    private Model(MLContext mlContext, TextTransformer transformer, ITransformer whole) => (_mlContext, _transformer, _whole) = (mlContext, transformer, whole);

    public string Description => _transformer switch
    {
        PldBertTransformer encoder => $"a pre-trained encoder; {encoder.Model.Report}".TrimEnd(' ', ';'),
        PldBertMulticlassTransformer => "a classifier",
        PldBertBinaryTransformer => "a classifier of yes and no",
        _ => "a regression",
    };

    /// <summary>The ONNX output that is what <see cref="Score"/> gives.</summary>
    public string OnnxOutput => _transformer switch
    {
        PldBertTransformer => "sentence_embedding",
        PldBertMulticlassTransformer => "probabilities",
        _ => "score",
    };

    /// <param name="mlContext">ML.NET's.</param>
    /// <param name="path">A folder or a model.zip.</param>
    /// <param name="pooling">Of an encoder in a folder.</param>
    /// <param name="maxLength">Of a folder; 0: the default.</param>
    /// <param name="isPair">Whether a folder's model is of pairs of sentences.</param>
    public static Model Load(MLContext mlContext, string path, Pooling pooling, int maxLength, bool isPair)
    {
        if (path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
            throw new NotSupportedException("An ONNX model is an end, not a source: its weights are joined, scaled and perhaps rounded. Convert from the folder or the model.zip that it was made of.");
        if (Directory.Exists(path))
        {
            var transformer = FromFolder(mlContext, path, pooling, maxLength, isPair);
            return new Model(mlContext, transformer, transformer);
        }
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no '{path}'; expected a model folder or a model.zip.");
        var whole = mlContext.Model.Load(path, out _);
        var found = (whole as IEnumerable<ITransformer> ?? [whole]).OfType<TextTransformer>().LastOrDefault()
            ?? throw new InvalidDataException($"'{path}' has no transformer of Microsoft.ML.PLD.");
        return new Model(mlContext, found, whole);
    }

    public void Save(string path, string? quantize)
    {
        if (path.EndsWith(".zip", StringComparison.OrdinalIgnoreCase))
        {
            if (quantize is not null) throw new ArgumentException($"--quantize {quantize} is for ONNX models and folders; model.zip keeps float32.");
            _mlContext.Model.Save(_whole, null, path);
            return;
        }
        if (path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            if (quantize == "bfloat16") throw new ArgumentException("--quantize bfloat16 is for folders; ONNX models can have int8 or float16.");
            var options = new OnnxExportOptions { Precision = quantize switch { "int8" => OnnxPrecision.Int8, "float16" => OnnxPrecision.Float16, _ => OnnxPrecision.Float32 } };
            if (_transformer is PldBertTransformer encoder) encoder.SaveAsOnnx(path, options);
            else ((PldBertPredictionTransformer)_transformer).SaveAsOnnx(path, options);
            return;
        }
        if (quantize is not (null or "bfloat16")) throw new ArgumentException($"--quantize {quantize} is for ONNX models; folders can have bfloat16.");
        var precision = quantize is null ? Precision.Float32 : Precision.BFloat16;
        if (_transformer is PldBertTransformer pretrained) pretrained.SavePretrained(path, precision);
        else ((PldBertPredictionTransformer)_transformer).SavePretrained(path, precision);
    }

    /// <summary>The vector, the probabilities, the logarithm of the odds, or the number of each text.</summary>
    public float[][] Score(string[] texts)
    {
        var schema = SchemaDefinition.Create(typeof(TextRow));
        schema[nameof(TextRow.First)].ColumnName = _transformer.InputColumnNames[0];
        schema[nameof(TextRow.Second)].ColumnName = IsPair ? _transformer.InputColumnNames[1] : $"not {_transformer.InputColumnNames[0]}";
        var scored = _transformer.Transform(_mlContext.Data.LoadFromEnumerable(TextRow.Of(texts), schema));
        // The first that is made of numbers: before it may come a predicted label.
        var column = _transformer.OutputColumnNames.Select(name => scored.Schema[name]).First(column => column.Type is VectorDataViewType || column.Type == NumberDataViewType.Single);
        return column.Type is VectorDataViewType ? [.. scored.GetColumn<float[]>(column)] : [.. scored.GetColumn<float>(column).Select(score => new[] { score })];
    }

    /// <summary>What was saved, read again, makes of the same texts.</summary>
    public float[][] ScoreSaved(string path, string[] texts)
    {
        if (path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
        {
            using var session = new TextSession(path);
            return session.Score(TextRow.Of(texts).Select(row => (row.First, IsPair ? row.Second : null)), OnnxOutput);
        }
        var (pooling, maxLength) = _transformer switch
        {
            PldBertTransformer encoder => (encoder.Pooling, encoder.MaxLength),
            PldBertPredictionTransformer predictor => (Pooling.Cls, predictor.MaxLength),
            _ => (Pooling.Mean, 0),
        };
        using var read = Load(_mlContext, path, pooling, maxLength, IsPair);
        return read.Score(texts);
    }

    private bool IsPair => _transformer.InputColumnNames.Count > 1;

    // config.json says what it is.
    private static TextTransformer FromFolder(MLContext mlContext, string folder, Pooling pooling, int maxLength, bool isPair)
    {
        var configFile = Path.Combine(folder, "config.json");
        if (!File.Exists(configFile)) throw new FileNotFoundException($"The folder '{folder}' has no config.json: it is no model in Hugging Face's layout.");
        using var config = JsonDocument.Parse(File.ReadAllText(configFile));
        var isTask = config.RootElement.TryGetProperty("architectures", out var classes) && classes.ValueKind == JsonValueKind.Array && classes.EnumerateArray().Any(name => name.GetString()?.EndsWith("ForSequenceClassification", StringComparison.Ordinal) is true);
        if (!isTask) return PldBertTransformer.FromPretrained(mlContext, folder, "Features", "Text", pooling, maxLength);
        string?[] labels = config.RootElement.TryGetProperty("id2label", out var names) && names.ValueKind == JsonValueKind.Object ? [.. names.EnumerateObject().Select(label => label.Value.GetString())] : [];
        var second = isPair ? "Sentence2" : null;
        var reading = maxLength == 0 ? null : new FineTuningOptions { MaxLength = maxLength };
        return labels switch
        {
            [_] => PldBertRegressionTransformer.FromPretrained(mlContext, folder, reading is null && !isPair ? null : new() { Sentence2ColumnName = second, FineTuning = reading ?? new() }),
            ["false", "true"] => PldBertBinaryTransformer.FromPretrained(mlContext, folder, reading is null && !isPair ? null : new() { Sentence2ColumnName = second, FineTuning = reading ?? new() }),
            _ => PldBertMulticlassTransformer.FromPretrained(mlContext, folder, reading is null && !isPair ? null : new() { Sentence2ColumnName = second, FineTuning = reading ?? new() }),
        };
    }

    /// <summary>The bytes of a form: a file, with what ONNX keeps beside it, or all files of a folder.</summary>
    public static long Bytes(string path) => Directory.Exists(path)
        ? Directory.GetFiles(path).Sum(file => new FileInfo(file).Length)
        : new FileInfo(path).Length + (File.Exists($"{path}.data") ? new FileInfo($"{path}.data").Length : 0);

    public void Dispose() => (_whole as IDisposable)?.Dispose();
}
