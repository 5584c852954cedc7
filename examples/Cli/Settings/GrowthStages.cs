using System.Globalization;
using Microsoft.ML.PLD;

namespace Cli;

/// <summary>The stages of <see cref="GrowingDepth"/> on the command line: <c>3:0.3 6:0.5</c>.</summary>
internal static class GrowthStages
{
    /// <exception cref="FormatException">One is no stage, or they do not follow each other; the message is for people, without the option's name.</exception>
    public static GrowthStage[] Parse(IEnumerable<string> texts)
    {
        GrowthStage[] stages = [.. texts.Select(Stage)];
        try
        {
            _ = new GrowingDepth(then: null, stages); // before anything is learned or written
            return stages;
        }
        catch (ArgumentException problem)
        {
            throw new FormatException($"does not go: {problem.Message.Split(" (Parameter")[0]}", problem);
        }
    }

    private static GrowthStage Stage(string text) => text.Split(':') is [var blocks, var until]
        && int.TryParse(blocks, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && double.TryParse(until, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share)
        ? new(number, share)
        : throw new FormatException($"has '{text}'; expected BLOCKS:SHARE, for example 3:0.3 for the 3 lowest blocks in the first 30 % of the steps.");
}
