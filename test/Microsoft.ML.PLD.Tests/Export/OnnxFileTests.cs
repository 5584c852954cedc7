using System.Text.RegularExpressions;
using Google.Protobuf;
using Microsoft.ML.Data;
using Microsoft.ML.PLD.Onnx;

namespace Microsoft.ML.PLD.Tests;

/// <summary>ONNX models of this library, read again.</summary>
[TestClass]
public sealed class OnnxFileTests : FineTuningFixture
{
    private static readonly BertConfig Odd = new() { HiddenSize = 26, Layers = 3, AttentionHeads = 2, IntermediateSize = 37, MaxPositions = 23, LayerNormEpsilon = 1e-7 };
    private static readonly TextRow[] Rows = TextRow.Make(12);

    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    [TestMethod]
    [DataRow(NormPlacement.Pre, true, Activation.Gelu, Pooling.Cls, false)]
    [DataRow(NormPlacement.Pre, false, Activation.GeluTanh, Pooling.Mean, true)]
    [DataRow(NormPlacement.Pre, true, Activation.Relu, Pooling.Max, false)]
    [DataRow(NormPlacement.Post, true, Activation.Gelu, Pooling.Mean, true)]
    public void AnEncoderComesBackBitForBit(NormPlacement placement, bool embeddingNorm, Activation activation, Pooling pooling, bool external)
    {
        var path = _folder["model.onnx"];
        // Heads of 16: queries are scaled by a quarter, which loses nothing.
        using var saved = Make(Odd with { HiddenSize = 32, NormPlacement = placement, EmbeddingNorm = embeddingNorm, Activation = activation }, pooling);
        saved.SaveAsOnnx(path, new() { ExternalData = external });
        using var read = PldBertTransformer.FromPretrained(MLContext, path, "Features", "Text");
        Assert.IsTrue(read.Model.Config.IsSameNetworkAs(saved.Model.Config));
        Assert.IsTrue(read.Model.Tokenizer.IsSameAs(saved.Model.Tokenizer));
        Assert.AreEqual((pooling, Odd.MaxPositions), (read.Pooling, read.MaxLength));
        AssertWeights(saved.Model, read.Model, tolerance: 0);
        CollectionAssert.AllItemsAreUnique(read.Model.Report!.Missing.ToArray());
        Assert.IsTrue(read.Model.Report.Missing.Count > 0 && read.Model.Report.Missing.All(name => name.StartsWith("cls.predictions", StringComparison.Ordinal)));

        read.SaveAsOnnx(_folder["again/model.onnx"], new() { ExternalData = external });
        CollectionAssert.AreEqual(File.ReadAllBytes(path), File.ReadAllBytes(_folder["again/model.onnx"]));
        read.SavePretrained(_folder["folder"]);
        using var third = PldBertTransformer.FromPretrained(MLContext, _folder["folder"], "Features", "Text");
        AssertWeights(saved.Model, third.Model, tolerance: 0);
    }

    [TestMethod]
    [DataRow(OnnxPrecision.Float32, 1e-6)]
    [DataRow(OnnxPrecision.Float16, 1e-3)]
    [DataRow(OnnxPrecision.Int8, 1e-2)]
    public void WhatWasRoundedIsNear(OnnxPrecision precision, double tolerance)
    {
        var path = _folder["model.onnx"];
        using var saved = Make(Odd, Pooling.Mean); // heads of 13
        saved.SaveAsOnnx(path, new() { Precision = precision });
        using var read = PldBertTransformer.FromPretrained(MLContext, path, "Features", "Text");
        AssertWeights(saved.Model, read.Model, tolerance);
    }

    [TestMethod]
    [DataRow(Pooling.Cls)]
    [DataRow(Pooling.Mean)]
    public void ClassesComeBackWithTheirNames(Pooling pooling)
    {
        var path = _folder["model.onnx"];
        var reading = Options.FineTuning with { Pooling = pooling, LongTexts = LongTexts.SlidingWindows, WindowStride = 3 };
        using var tuned = Fit(Options with { Pretrained = Pretrained, FineTuning = reading });
        tuned.SaveAsOnnx(path);
        using var read = PldBertMulticlassTransformer.FromPretrained(MLContext, path, new() { Sentence1ColumnName = "Text", FineTuning = reading });
        Assert.AreEqual(0, Scores(tuned, Rows).SelectMany(row => row).Zip(Scores(read, Rows).SelectMany(row => row), (a, b) => Math.Abs(a - b)).Max(), 1e-6);
        CollectionAssert.AreEqual(Names(tuned), Names(read));

        using var other = PldBertMulticlassTransformer.FromPretrained(MLContext, path); // as the file says
        Assert.AreEqual(reading.MaxLength, other.MaxLength);
        read.SaveAsOnnx(_folder["read/model.onnx"]);
        other.SaveAsOnnx(_folder["other/model.onnx"]);
        CollectionAssert.AreEqual(File.ReadAllBytes(_folder["read/model.onnx"]), File.ReadAllBytes(_folder["other/model.onnx"]));

        var wrong = reading with { Pooling = pooling == Pooling.Cls ? Pooling.Mean : Pooling.Cls };
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => PldBertMulticlassTransformer.FromPretrained(MLContext, path, new() { FineTuning = wrong })).Message, $"pools by {pooling}: set FineTuning.Pooling to Pooling.{pooling}.");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => PldBertTransformer.FromPretrained(MLContext, path, "Features")).Message, "fine-tuned");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => PldBertRegressionTransformer.FromPretrained(MLContext, path)).Message, "2 outputs");
    }

    [TestMethod]
    public void AnswersAndNumbersComeBack()
    {
        var data = MLContext.Data.LoadFromEnumerable(Rows.Select((row, i) => new Row { Text = row.Text, Label = row.Class == "dog", Number = 1_000 + 10 * i }));
        using var answers = MLContext.BinaryClassification.Trainers.PldBert(new PldBertBinaryTrainer.Options
        {
            Sentence1ColumnName = "Text", Pretrained = Pretrained, FineTuning = Options.FineTuning, Runtime = Options.Runtime,
        }).Fit(data);
        answers.SaveAsOnnx(_folder["answers.onnx"]);
        using var answersRead = PldBertBinaryTransformer.FromPretrained(MLContext, _folder["answers.onnx"], new() { Sentence1ColumnName = "Text", FineTuning = Options.FineTuning });
        AssertNear(answers, answersRead, 1e-6);
        using var numbers = MLContext.Regression.Trainers.PldBert(new PldBertRegressionTrainer.Options
        {
            LabelColumnName = "Number", Sentence1ColumnName = "Text", Pretrained = Pretrained, FineTuning = Options.FineTuning, Runtime = Options.Runtime,
        }).Fit(data);
        numbers.SaveAsOnnx(_folder["numbers.onnx"]);
        using var numbersRead = PldBertRegressionTransformer.FromPretrained(MLContext, _folder["numbers.onnx"], new() { Sentence1ColumnName = "Text", FineTuning = Options.FineTuning });
        AssertNear(numbers, numbersRead, 1e-2); // of about 1,000

        void AssertNear(ITransformer one, ITransformer two, double tolerance) =>
            Assert.AreEqual(0, one.Transform(data).GetColumn<float>("Score").Zip(two.Transform(data).GetColumn<float>("Score"), (a, b) => Math.Abs(a - b)).Max(), tolerance);
    }

    [TestMethod]
    public void DamagedOrStrangeFilesAreRefusedByName()
    {
        using var saved = Make(Odd, Pooling.Mean);
        saved.SaveAsOnnx(_folder["model.onnx"]);
        var good = File.ReadAllBytes(_folder["model.onnx"]);
        Refused("not an ONNX model|no ONNX model", bytes: good[..(good.Length / 2)]);
        Refused("it has no graph", bytes: []);
        Refused("it is by 'pytorch'", model => model.ProducerName = "pytorch");
        Refused("without 'config' in its metadata", model => Remove(model, "config"));
        Refused("HiddenSize is -1", model => Fact(model, "config").Value = Fact(model, "config").Value.Replace("\"hidden_size\": 26", "\"hidden_size\": -1"));
        Refused("describes an encoder", model => Fact(model, "config").Value = Fact(model, "config").Value.Replace("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 300000"));
        Refused("pooling 'Sum'; expected one of Cls, Mean, Max", model => Fact(model, "pooling").Value = "Sum");
        Refused("max_length 'long'", model => Fact(model, "max_length").Value = "long");
        Refused("the tokenizer beside it is another model's", model => Fact(model, "lower_case").Value = "false");
        Refused("the tokenizer beside it is another model's", model => Fact(model, "vocabulary_sha256").Value = "0");
        Refused("it has no 'bert.encoder.layer.1.attention.self.query.weight'", model => Initializer(model, "bert.encoder.layer.1.attention.self.query_key_value.weight").Name = "x");
        Refused("has 3 dimensions", model => Initializer(model, "bert.encoder.layer.0.output.dense.weight").Dims.Add(1));
        Refused("'bert.encoder.layer.0.output.dense.weight' has the shape [37, 26]", model =>
        {
            var dims = Initializer(model, "bert.encoder.layer.0.output.dense.weight").Dims;
            (dims[0], dims[1]) = (dims[1], dims[0]);
        });
        Refused("max_length 99; expected 3 to its 23 positions", model => Fact(model, "max_length").Value = "99");
        Refused("vocab_size 7", model => Fact(model, "config").Value = Regex.Replace(Fact(model, "config").Value, "\"vocab_size\": \\d+", "\"vocab_size\": 7"));
        // A few bytes that say to be many: nothing is made of them.
        Refused("bytes; expected", model =>
        {
            Fact(model, "config").Value = Fact(model, "config").Value.Replace("\"hidden_size\": 26", "\"hidden_size\": 1000000");
            model.Graph.Initializer.Add(new TensorProto { Name = "large", DataType = 1, Dims = { 1L << 50 } });
        });
        Refused("a shape that no tensor has", model => Initializer(model, "bert.encoder.layer.0.output.dense.bias").Dims.Add([1L << 40, 1L << 40]));
        Refused("has 0 dimensions", model =>
        {
            var bias = Initializer(model, "bert.encoder.layer.0.attention.self.query_key_value.bias");
            bias.Dims.Clear();
            bias.RawData = ByteString.CopyFrom(new byte[4]);
        });
        Refused("a shape that no tensor has", model => Initializer(model, "bert.encoder.layer.0.output.dense.weight").Dims[0] = -1);
        Refused("bytes; expected", model => Initializer(model, "bert.encoder.layer.0.output.dense.bias").RawData = ByteString.Empty);
        Refused("it has no 'bert.encoder.layer.0.output.dense.bias'", model => Initializer(model, "bert.encoder.layer.0.output.dense.bias").DataType = 7); // integers are no weights
        foreach (var location in new[] { "../model.onnx.data", "/etc/passwd", "vocab.txt", "" })
            Refused("beside the model", model => Outside(Initializer(model, "bert.encoder.layer.0.output.dense.bias"), location));
        File.WriteAllBytes(_folder["x.onnx.data"], new byte[8]);
        File.WriteAllBytes(_folder["z.onnx.data"], new byte[26 * 4]);
        Refused("several of its weights are the same bytes", model =>
        {
            for (var block = 0; block < 3; block++) Outside(Initializer(model, $"bert.encoder.layer.{block}.output.dense.bias"), "z.onnx.data");
        });
        Refused("which ends before", model => Outside(Initializer(model, "bert.encoder.layer.0.output.dense.bias"), "x.onnx.data"));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => PldBertBinaryTransformer.FromPretrained(MLContext, _folder["model.onnx"])).Message, "it was not fine-tuned");
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => Read(_folder["other.onnx"])).Message, "other.onnx");
        Assert.ThrowsExactly<FileNotFoundException>(() => WriteAndRead(model => Outside(Initializer(model, "bert.encoder.layer.0.output.dense.bias"), "y.onnx.data")));
        File.Delete(_folder["vocab.txt"]);
        File.Delete(_folder["tokenizer.json"]);
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => Read(_folder["model.onnx"])).Message, "vocab.txt");

        void Refused(string expected, Action<ModelProto>? change = null, byte[]? bytes = null)
        {
            var refused = Assert.ThrowsExactly<InvalidDataException>(() => WriteAndRead(change, bytes));
            Assert.IsTrue(expected.Split('|').Any(part => refused.Message.Contains(part, StringComparison.Ordinal)), refused.Message);
            StringAssert.Contains(refused.Message, "changed.onnx");
        }
        void WriteAndRead(Action<ModelProto>? change, byte[]? bytes = null)
        {
            var model = ModelProto.Parser.ParseFrom(good);
            change?.Invoke(model);
            File.WriteAllBytes(_folder["changed.onnx"], bytes ?? model.ToByteArray());
            Read(_folder["changed.onnx"]);
        }
        void Read(string path) => PldBertTransformer.FromPretrained(MLContext, path, "Features").Dispose();
    }

    private static StringStringEntryProto Fact(ModelProto model, string name) => model.MetadataProps.Single(fact => fact.Key == name);

    private static void Remove(ModelProto model, string name) => model.MetadataProps.Remove(Fact(model, name));

    private static TensorProto Initializer(ModelProto model, string name) => model.Graph.Initializer.Single(tensor => tensor.Name == name);

    private static void Outside(TensorProto tensor, string location)
    {
        tensor.DataLocation = TensorProto.Types.DataLocation.External;
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
    }

    private static string[] Names(PldBertMulticlassTransformer transformer)
    {
        var names = default(VBuffer<ReadOnlyMemory<char>>);
        var schema = transformer.Transform(new MLContext().Data.LoadFromEnumerable(Rows)).Schema;
        schema["Score"].GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    private static void AssertWeights(BertModel expected, BertModel actual, double tolerance)
    {
        foreach (var (name, weight) in expected.Weights.Tensors)
        {
            if (name.StartsWith("cls.", StringComparison.Ordinal)) continue;
            var (ours, theirs) = (weight.cpu().data<float>().ToArray(), actual.Weights.Tensors[name].cpu().data<float>().ToArray());
            if (tolerance == 0) CollectionAssert.AreEqual(ours, theirs, name);
            else
            {
                Assert.HasCount(ours.Length, theirs, name);
                Assert.IsTrue(ours.Zip(theirs, (a, b) => Math.Abs(a - b)).All(difference => difference <= tolerance), name);
            }
        }
    }

    private static PldBertTransformer Make(BertConfig config, Pooling pooling) =>
        new(new MLContext(seed: 1), "Text", "Features", TestModel.Make(config), pooling, config.MaxPositions, Precision.Float32);

    private sealed class Row
    {
        public string? Text { get; set; }
        public bool Label { get; set; }
        public float Number { get; set; }
    }
}
