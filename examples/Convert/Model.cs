using System.Globalization;
using System.Text.Json;
using Glue;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PLD;
using OnnxScoring;

namespace Conversion;

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

    /// <summary>The ONNX output that is what <see cref="Score(string[])"/> gives.</summary>
    public string OnnxOutput => _transformer switch
    {
        PldBertTransformer => "sentence_embedding",
        PldBertMulticlassTransformer => "probabilities",
        _ => "score",
    };

    /// <param name="mlContext">ML.NET's.</param>
    /// <param name="path">A folder, a model.zip or an ONNX model.</param>
    /// <param name="pooling">Of an encoder; null: the mean, or what the ONNX model says.</param>
    /// <param name="maxLength">Of a folder or an ONNX model; 0: the default, or what the ONNX model says.</param>
    /// <param name="isPair">Whether a folder's or ONNX model's texts are pairs of sentences.</param>
    public static Model Load(MLContext mlContext, string path, Pooling? pooling, int maxLength, bool isPair)
    {
        if (Directory.Exists(path))
        {
            var config = Path.Combine(path, "config.json");
            if (!File.Exists(config)) throw new FileNotFoundException($"The folder '{path}' has no config.json: it is no model in Hugging Face's layout.");
            var configuration = File.ReadAllText(config);
            if (maxLength == 0 && isPair)
            {
                // As long as the model of single texts takes them: only options can name a second column, and they have to say the length.
                using var single = FromPretrained(mlContext, path, configuration, pooling, isPair: false, reading: null);
                maxLength = (single as PldBertPredictionTransformer)?.MaxLength ?? 0;
            }
            return Alone(FromPretrained(mlContext, path, configuration, pooling, isPair, maxLength == 0 ? null : new() { MaxLength = maxLength }));
        }
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no '{path}'; expected a model folder, a model.zip or an ONNX model.");
        if (IsOnnx(path))
        {
            using var onnx = new TokenSession(path);
            string Fact(string name, string? otherwise = null) => onnx.Metadata.GetValueOrDefault(name) ?? otherwise ?? throw new InvalidDataException($"'{path}' has no {name} in its metadata: it is not by this library.");
            int Number(string name, string? otherwise = null) => int.TryParse(Fact(name, otherwise), CultureInfo.InvariantCulture, out var number) ? number : throw new InvalidDataException($"'{path}' has {name} '{Fact(name)}'; expected a number.");
            var reading = new FineTuningOptions
            {
                Pooling = Enum.Parse<Pooling>(Fact("pooling")), MaxLength = Number("max_length"), LongTexts = Enum.Parse<LongTexts>(Fact("long_texts", nameof(LongTexts.Head))), WindowStride = Number("window_stride", "0"),
            };
            return Alone(FromPretrained(mlContext, path, Fact("config"), pooling, isPair, maxLength == 0 && !isPair ? null : WithLength(reading, maxLength)));
        }
        static FineTuningOptions WithLength(FineTuningOptions reading, int maxLength) => maxLength == 0 ? reading : reading with { MaxLength = maxLength };
        Model Alone(TextTransformer transformer) => new(mlContext, transformer, transformer);
        var whole = LoadWhole(mlContext, path);
        var found = (whole as IEnumerable<ITransformer> ?? [whole]).OfType<TextTransformer>().LastOrDefault()
            ?? throw new InvalidDataException($"'{path}' has no transformer of Microsoft.ML.PLD.");
        return new Model(mlContext, found, whole);
    }

    /// <param name="mlContext">ML.NET's.</param>
    /// <param name="transformer">That of this library.</param>
    /// <param name="whole">The pipeline that it is in; disposed of with the model.</param>
    public static Model Of(MLContext mlContext, TextTransformer transformer, ITransformer whole) => new(mlContext, transformer, whole);

    public void Save(string path, string? quantize)
    {
        if (path.EndsWith(".zip", StringComparison.OrdinalIgnoreCase))
        {
            if (quantize is not null) throw new ArgumentException($"--quantize {quantize} is for ONNX models and folders; model.zip keeps float32.");
            WholeFile.Write(path, stream => _mlContext.Model.Save(_whole, null, stream));
            return;
        }
        if (IsOnnx(path))
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

    /// <summary>Makes vectors of texts, whatever has been made of the encoder since.</summary>
    /// <inheritdoc cref="Load"/>
    /// <exception cref="InvalidDataException">It is the model.zip of something else.</exception>
    public static Model LoadEncoder(MLContext mlContext, string path, Pooling? pooling, int maxLength)
    {
        if (Directory.Exists(path) || IsOnnx(path))
        {
            var encoder = PldBertTransformer.FromPretrained(mlContext, path, "Features", "Text", pooling, maxLength);
            return new Model(mlContext, encoder, encoder);
        }
        var model = Load(mlContext, path, pooling, maxLength, isPair: false);
        if (model._transformer is PldBertTransformer) return model;
        using (model) throw new InvalidDataException($"'{path}' is {model.Description}, which has answers and no vectors; expected a pre-trained encoder: a folder, or the model.zip of one.");
    }

    /// <summary>What it predicts with; of an encoder, what it embeds with.</summary>
    public TextTransformer Transformer => _transformer;

    /// <summary>Whether it is of pairs of sentences.</summary>
    public bool IsPair => _transformer.InputColumnNames.Count > 1;

    /// <summary>The vector, the probabilities, the logarithm of the odds, or the number of each text.</summary>
    public float[][] Score(string[] texts) => [.. Score(TextRow.Of(texts))];

    /// <summary>The same, as they are asked for.</summary>
    public IEnumerable<float[]> Score(IEnumerable<TextRow> rows)
    {
        var scored = Transform(rows);
        var column = ScoreColumn(scored.Schema);
        return column.Type is VectorDataViewType ? scored.GetColumn<float[]>(column) : scored.GetColumn<float>(column).Select(score => new[] { score });
    }

    /// <summary>The classes that the scores are of; null: they have no names.</summary>
    public string[]? ClassNames()
    {
        var column = ScoreColumn(Transform([]).Schema);
        if (!column.HasSlotNames()) return null;
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    private static ITransformer LoadWhole(MLContext mlContext, string path)
    {
        try
        {
            return mlContext.Model.Load(path, out _);
        }
        catch (FormatException failure)
        {
            throw new InvalidDataException($"'{path}' is no model.zip of ML.NET: {failure.Message}");
        }
    }

    private IDataView Transform(IEnumerable<TextRow> rows)
    {
        var schema = SchemaDefinition.Create(typeof(TextRow));
        schema[nameof(TextRow.First)].ColumnName = _transformer.InputColumnNames[0];
        schema[nameof(TextRow.Second)].ColumnName = IsPair ? _transformer.InputColumnNames[1] : $"not {_transformer.InputColumnNames[0]}";
        return _transformer.Transform(_mlContext.Data.LoadFromEnumerable(rows, schema));
    }

    // The first that is made of numbers: before it may come a predicted label.
    private DataViewSchema.Column ScoreColumn(DataViewSchema schema) =>
        _transformer.OutputColumnNames.Select(name => schema[name]).First(column => column.Type is VectorDataViewType || column.Type == NumberDataViewType.Single);

    /// <summary>What was saved, read again, makes of the same texts.</summary>
    public float[][] ScoreSaved(string path, string[] texts)
    {
        if (IsOnnx(path))
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

    // Its configuration says what it is.
    private static TextTransformer FromPretrained(MLContext mlContext, string path, string configuration, Pooling? pooling, bool isPair, FineTuningOptions? reading)
    {
        using var config = JsonDocument.Parse(configuration);
        var isTask = config.RootElement.TryGetProperty("architectures", out var classes) && classes.ValueKind == JsonValueKind.Array && classes.EnumerateArray().Any(name => name.GetString()?.EndsWith("ForSequenceClassification", StringComparison.Ordinal) is true);
        if (!isTask) return PldBertTransformer.FromPretrained(mlContext, path, "Features", "Text", pooling, reading?.MaxLength ?? 0);
        string?[] labels = config.RootElement.TryGetProperty("id2label", out var names) && names.ValueKind == JsonValueKind.Object ? [.. names.EnumerateObject().Select(label => label.Value.GetString())] : [];
        var second = isPair ? "Sentence2" : null;
        return labels switch
        {
            [_] => PldBertRegressionTransformer.FromPretrained(mlContext, path, reading is null ? null : new() { Sentence2ColumnName = second, FineTuning = reading }),
            ["false", "true"] => PldBertBinaryTransformer.FromPretrained(mlContext, path, reading is null ? null : new() { Sentence2ColumnName = second, FineTuning = reading }),
            _ => PldBertMulticlassTransformer.FromPretrained(mlContext, path, reading is null ? null : new() { Sentence2ColumnName = second, FineTuning = reading }),
        };
    }

    public static bool IsOnnx(string path) => path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase);

    /// <summary>The bytes of a form: a file, with what ONNX keeps beside it, or all files of a folder.</summary>
    public static long Bytes(string path) => Directory.Exists(path)
        ? Directory.GetFiles(path).Sum(file => new FileInfo(file).Length)
        : new FileInfo(path).Length + (File.Exists($"{path}.data") ? new FileInfo($"{path}.data").Length : 0);

    public void Dispose() => (_whole as IDisposable)?.Dispose();
}
