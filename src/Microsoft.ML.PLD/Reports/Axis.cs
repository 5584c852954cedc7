using System.Globalization;

namespace Microsoft.ML.PLD;

/// <summary>One direction of a chart: what it reaches from and to, and where it is labelled.</summary>
/// <param name="From">The lowest value.</param>
/// <param name="To">The highest.</param>
/// <param name="Tick">From one label to the next: 1, 2 or 5 times a power of ten.</param>
internal readonly record struct Axis(double From, double To, double Tick)
{
    /// <summary>Covers values and begins and ends at a label.</summary>
    /// <param name="lowest">The lowest value.</param>
    /// <param name="highest">The highest.</param>
    /// <param name="ticks">Labels, about.</param>
    public static Axis Around(double lowest, double highest, int ticks = 4)
    {
        (lowest, highest) = Spread(lowest, highest);
        var tick = NiceTick((highest - lowest) / ticks);
        return new(Math.Floor(lowest / tick + 1e-9) * tick, Math.Ceiling(highest / tick - 1e-9) * tick, tick);
    }

    /// <summary>Covers values and no more.</summary>
    /// <inheritdoc cref="Around" path="/param"/>
    public static Axis Exactly(double lowest, double highest, int ticks = 5)
    {
        (lowest, highest) = Spread(lowest, highest);
        return new(lowest, highest, NiceTick((highest - lowest) / ticks));
    }

    public IEnumerable<double> Ticks
    {
        get
        {
            var (first, last) = (Math.Ceiling(From / Tick - 1e-9), Math.Floor(To / Tick + 1e-9));
            for (var number = first; number <= last; number++) yield return number * Tick;
        }
    }

    /// <summary>Where a value lies: 0 at the beginning, 1 at the end.</summary>
    public double At(double value) => (value - From) / (To - From);

    /// <summary>A value as its labels are written: 1,500 or 20k, 0.25, 5e-4.</summary>
    public string Label(double value)
    {
        var largest = Math.Max(Math.Abs(From), Math.Abs(To));
        if (value == 0) return "0";
        foreach (var (size, unit) in new[] { (1e9, "G"), (1e6, "M"), (1e3, "k") })
            if (largest >= size * (size > 1e3 ? 1 : 10)) return Plain(value / size, Tick / size) + unit;
        return largest < 0.01 ? value.ToString("0.##e-0", CultureInfo.InvariantCulture) : Plain(value, Tick);
    }

    private static string Plain(double value, double tick) =>
        value.ToString($"N{Math.Clamp((int)Math.Ceiling(-Math.Log10(tick) - 1e-9), 0, 6)}", CultureInfo.InvariantCulture);

    private static (double, double) Spread(double lowest, double highest)
    {
        if (highest - lowest > 1e-12 * Math.Max(Math.Abs(lowest), Math.Abs(highest))) return (lowest, highest);
        var around = lowest == 0 ? 1 : Math.Abs(lowest) * 0.1; // all values are equal, or differ in bits that no label shows
        return (lowest - around, lowest + around);
    }

    private static double NiceTick(double rough)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return (rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 } * power;
    }
}
