using System.Text;
using Microsoft.ML.Data;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class LabelMapTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void LabelsOfEveryTypeSurviveSaving()
    {
        SurvivesSaving<string>(["b", "", "a \"quoted\" {brace}", "日本語"]);
        SurvivesSaving<bool>([true, false]);
        SurvivesSaving<float>([0.1f, -0f, 3.4e38f, float.PositiveInfinity]);
        SurvivesSaving<double>([0.1, 1e-300, double.NegativeInfinity]);
        SurvivesSaving<sbyte>([-128, 127]);
        SurvivesSaving<short>([-32768, 7]);
        SurvivesSaving<int>([int.MinValue, int.MaxValue]);
        SurvivesSaving<long>([long.MinValue, long.MaxValue]);
        SurvivesSaving<byte>([0, 255]);
        SurvivesSaving<ushort>([0, 65535]);
        SurvivesSaving<uint>([0, uint.MaxValue]);
        SurvivesSaving<ulong>([0, ulong.MaxValue]);
        SurvivesSaving<DateTime>([new DateTime(2024, 2, 29, 1, 2, 3, 4, 5), new DateTime(1)]);
        SurvivesSaving<DateTimeOffset>([new DateTimeOffset(2024, 2, 29, 1, 2, 3, TimeSpan.FromHours(5.5)), default(DateTimeOffset).AddTicks(1)]);
        SurvivesSaving<TimeSpan>([TimeSpan.FromTicks(-7), TimeSpan.FromDays(400)]);
    }

    [TestMethod]
    public void KeysThatStandForNothingSurviveSaving()
    {
        var data = _mlContext.Data.LoadFromEnumerable([new Keyed()]);
        var loaded = SaveAndLoad(LabelMap.Of(data.Schema[nameof(Keyed.Key)]));
        Assert.AreEqual(13, loaded.Count);
        Assert.AreEqual("2", loaded.Describe(1));
        Assert.IsFalse(loaded.AreText);
        Assert.DoesNotContain("KeyValues", Describe(loaded));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("null")]
    [DataRow("{}")]
    [DataRow("""{"Classes":2,"Type":"String","Values":["a"]}""")]
    [DataRow("""{"Classes":2,"Type":"String","Values":null}""")]
    [DataRow("""{"Classes":2,"Type":"String","Values":[1,2]}""")]
    [DataRow("""{"Classes":2,"Type":"Image","Values":["a","b"]}""")]
    [DataRow("""{"Classes":-2}""")]
    public void WhatIsNoLabelMapIsRefused(string json)
    {
        var failure = Assert.Throws<Exception>(() => LabelMap.Load(new MemoryStream(Encoding.UTF8.GetBytes(json))));
        Assert.IsTrue(failure is InvalidDataException or System.Text.Json.JsonException or InvalidOperationException, $"{failure}");
    }

    private void SurvivesSaving<T>(T[] values)
    {
        var data = _mlContext.Data.LoadFromEnumerable(values.Select(value => new Labelled<T> { Value = value }));
        var keyed = _mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Labelled<>.Value)).Fit(data).Transform(data);
        var labels = LabelMap.Of(keyed.Schema["Label"]);
        Assert.AreEqual(typeof(T) == typeof(string), labels.AreText);
        Assert.AreEqual(SchemaText.Of(keyed.Schema["Label"]).Replace("Label:", "Predicted:"), Describe(labels, keysOnly: true));
        Assert.AreEqual(Describe(labels), Describe(SaveAndLoad(labels)));

        var promised = LabelMap.PromisedBy(MLNetAccess.ShapeOf(keyed.Schema).Single(column => column.Name == "Label"));
        Assert.AreEqual(ShapeOf(labels), ShapeOf(promised));
    }

    private static LabelMap SaveAndLoad(LabelMap labels)
    {
        using var stream = new MemoryStream();
        labels.Save(stream);
        stream.Position = 0;
        return LabelMap.Load(stream);
    }

    private static DataViewSchema SchemaOf(LabelMap labels)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumns([new PredictedLabelColumn("Predicted", labels).Describe(1), new ClassScoreColumn("Score", labels).Describe(1)]);
        return builder.ToSchema();
    }

    private static string ShapeOf(LabelMap labels) => SchemaText.Of(MLNetAccess.ShapeOf(SchemaOf(labels)));

    private static string Describe(LabelMap labels, bool keysOnly = false) => keysOnly
        ? string.Join('\n', SchemaText.Of(SchemaOf(labels)["Predicted"]).Split('\n').Where(line => !line.Contains("ScoreColumn") && !line.Contains("ScoreValue")))
        : SchemaText.Of(SchemaOf(labels));

    private sealed class Labelled<T>
    {
        public T Value { get; set; } = default!;
    }

    private sealed class Keyed
    {
        [KeyType(13)]
        public uint Key { get; set; }
    }
}
