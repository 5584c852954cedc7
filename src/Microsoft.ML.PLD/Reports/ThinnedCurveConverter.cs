using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.PLD;

/// <summary>Curves as short JSON: <c>[step, value]</c> for a single measurement, and all that a point is where several share it.</summary>
internal sealed class ThinnedCurveConverter : JsonConverter<ThinnedCurve>
{
    private const int MostPoints = 4 * ThinnedCurve.UsualCapacity;

    public override ThinnedCurve Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var points = JsonSerializer.Deserialize<double[][]>(ref reader, options) ?? throw new JsonException("A curve is null.");
        if (points.Length > MostPoints) throw new JsonException($"A curve has {points.Length:N0} points; expected at most {MostPoints:N0}.");
        var curve = new ThinnedCurve();
        var last = -1L;
        foreach (var numbers in points)
        {
            var point = numbers switch
            {
                [var step, var value] => new ThinnedPoint((long)step, value),
                [var first, var end, var count, var mean, var lowest, var highest, var value] => new ThinnedPoint((long)first, (long)end, (long)count, mean, lowest, highest, value),
                _ => throw new JsonException("A point of a curve has neither 2 nor 7 numbers."),
            };
            if (!point.IsValid || point.FirstStep <= last) throw new JsonException("A point of a curve cannot be.");
            last = point.LastStep;
            curve.Add(point);
        }
        return curve;
    }

    public override void Write(Utf8JsonWriter writer, ThinnedCurve value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var point in value.Points)
        {
            writer.WriteRawValue(point.Count == 1
                ? string.Create(CultureInfo.InvariantCulture, $"[{point.LastStep},{point.Last:G6}]")
                : string.Create(CultureInfo.InvariantCulture, $"[{point.FirstStep},{point.LastStep},{point.Count},{point.Mean:G6},{point.Lowest:G6},{point.Highest:G6},{point.Last:G6}]"));
        }
        writer.WriteEndArray();
    }
}
