using System.Globalization;
using Glue;

namespace Compare;

/// <summary>How numbers read.</summary>
internal static class Figures
{
    public const string None = "-";

    /// <summary>Mean and deviation over seeds; how many there are where they are not as many as wanted.</summary>
    public static string Spread(IReadOnlyCollection<double> values, string format, int wanted)
    {
        if (values.Count == 0) return None;
        var of = Statistics.Of(values);
        var text = of.Count > 1 ? $"{Number(of.Mean, format)} ± {(of.Deviation == 0 ? "0" : Number(of.Deviation, format))}" : Number(of.Mean, format);
        return values.Count == wanted ? text : string.Create(CultureInfo.InvariantCulture, $"{text} ({values.Count} of {wanted} seeds)");
    }

    public static string Difference(PairedDifference of, string format) => of.Count == 0 ? None
        : $"{(of.Mean > 0 ? "+" : "")}{Number(of.Mean, format)}{(double.IsNaN(of.HalfWidth) ? "" : $" ± {Number(of.HalfWidth, format)}")}";

    /// <summary>With its sign, and four decimals. What rounds to zero has none: number formats make "-+0.0000" of it.</summary>
    public static string Signed(double value) => Math.Round(value, 4) is 0 ? "0.0000" : value.ToString("+0.0000;-0.0000", CultureInfo.InvariantCulture);

    public static string PValue(double value) => double.IsNaN(value) ? None : value < 0.001 ? "< 0.001" : Number(value, "F3");

    public static string Number(double value, string format) => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : None;

    public static string InWords(BudgetUnit unit) => unit switch
    {
        BudgetUnit.Steps => "equal steps",
        BudgetUnit.Samples => "equal samples",
        BudgetUnit.BlockFlops => "equal FLOPs of the blocks",
        _ => "equal reference time",
    };
}
