using System.Globalization;

namespace Microsoft.ML.PLD;

/// <summary>Labels, as numbers here and as text in files.</summary>
internal static class GlueLabel
{
    public const float HighestScore = 5;

    /// <exception cref="InvalidDataException">The text is no label of the task.</exception>
    public static float Parse(GlueTask task, string text, string path, int line)
    {
        if (task.Classes is not { } classes)
        {
            return float.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var score) && score is >= 0 and <= HighestScore // NaN is not
                ? score
                : throw DamagedTsv.At(path, line, $"the score is '{Excerpt.Of(text)}'; expected a number from 0 to {HighestScore}.");
        }
        for (var number = 0; number < classes.Count; number++)
            if (classes[number] == text) return number;
        throw DamagedTsv.At(path, line, $"the label is '{Excerpt.Of(text)}'; expected {string.Join(" or ", classes)}.");
    }

    /// <summary>What a submission says. Scores are brought into their range, as regression may leave it.</summary>
    /// <exception cref="ArgumentException">The task has no such class, or the score is NaN.</exception>
    public static string Format(GlueTask task, float value)
    {
        if (task.Classes is { } classes)
        {
            return value >= 0 && value < classes.Count && value == (int)value
                ? classes[(int)value]
                : throw new ArgumentException(FormattableString.Invariant($"A prediction for {task.Name} is {value}; expected the number of a class, 0 to {classes.Count - 1}."));
        }
        if (float.IsNaN(value)) throw new ArgumentException($"A prediction for {task.Name} is NaN; expected a score from 0 to {HighestScore}.");
        return Math.Clamp(value, 0, HighestScore).ToString(CultureInfo.InvariantCulture); // all digits: rounding would make ranks equal
    }
}
