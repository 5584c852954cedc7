namespace Microsoft.ML.PLD;

/// <summary>How well probabilities tell how often answers are right: what a reliability diagram shows.</summary>
/// <param name="Bins">Of equal width, from 0 to 1.</param>
/// <param name="ExpectedCalibrationError">The distance of confidence and accuracy, as the mean over all rows of that of their bin: 0 (calibrated) to 1.</param>
/// <remarks>Guo et al., "On Calibration of Modern Neural Networks", 2017, section 2.</remarks>
internal sealed record Reliability(IReadOnlyList<ReliabilityBin> Bins, double ExpectedCalibrationError)
{
    /// <param name="confidences">The probability that the model gave to each answer, 0 to 1.</param>
    /// <param name="isRight">Whether the answer was right.</param>
    /// <param name="count">How many bins.</param>
    public static Reliability Of(ReadOnlySpan<float> confidences, ReadOnlySpan<bool> isRight, int count = 10)
    {
        if (confidences.Length != isRight.Length || confidences.Length == 0)
            throw new ArgumentException($"There are {confidences.Length} confidences and {isRight.Length} answers; expected as many of both, and at least one.");
        var (rows, right, sums) = (new long[count], new long[count], new double[count]);
        for (var row = 0; row < confidences.Length; row++)
        {
            // ((b - 1)/B, b/B], as in the paper; in float32, in which 0.6 is no more than 6/10
            var bin = Math.Clamp((int)MathF.Ceiling(confidences[row] * count) - 1, 0, count - 1);
            rows[bin]++;
            sums[bin] += confidences[row];
            if (isRight[row]) right[bin]++;
        }
        ReliabilityBin[] bins = [.. Enumerable.Range(0, count).Select(bin => new ReliabilityBin(
            rows[bin], rows[bin] == 0 ? double.NaN : sums[bin] / rows[bin], rows[bin] == 0 ? double.NaN : (double)right[bin] / rows[bin]))];
        return new(bins, bins.Where(bin => bin.Rows > 0).Sum(bin => bin.Rows * Math.Abs(bin.Accuracy - bin.Confidence)) / confidences.Length);
    }
}

/// <summary>The answers whose confidence lies in a range.</summary>
/// <param name="Rows">How many there are.</param>
/// <param name="Confidence">Their mean confidence; NaN: there are none.</param>
/// <param name="Accuracy">The share of them that is right; NaN: there are none.</param>
internal readonly record struct ReliabilityBin(long Rows, double Confidence, double Accuracy);
