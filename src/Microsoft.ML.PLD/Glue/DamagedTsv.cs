namespace Microsoft.ML.PLD;

/// <summary>What is wrong with a line of a GLUE file, for people.</summary>
internal static class DamagedTsv
{
    /// <param name="path">The file.</param>
    /// <param name="line">The line's number, from 1.</param>
    /// <param name="problem">What was found, and what was expected.</param>
    public static InvalidDataException At(string path, int line, string problem) => new($"The GLUE file '{path}', line {line}: {problem}");
}
