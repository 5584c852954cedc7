using System.Numerics.Tensors;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Logits of classes: cross entropy, with label smoothing and the focal factor.</summary>
/// <remarks>
/// A row's loss is -(1 - p)^gamma * sum over classes of q log p, where p in the factor is the probability of the right class, and q is 1 - smoothing for that class plus
/// smoothing / K for each of the K (Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017, eq. 4; Szegedy et al., "Rethinking the Inception Architecture",
/// CVPR 2016, section 7). With both at 0 it is cross entropy.
/// </remarks>
/// <param name="classes">K</param>
/// <param name="smoothing">The share of the truth that is spread over all classes.</param>
/// <param name="gamma">The exponent of the focal factor.</param>
/// <param name="isBinary">Whether the classes are false and true, and F1 is that of true; else it is the mean over classes.</param>
internal sealed class ClassificationObjective(int classes, double smoothing = 0, double gamma = 0, bool isBinary = false) : IObjective
{
    private const double Tiny = 1e-12;

    public int Outputs => classes;

    public torch.Tensor Loss(torch.Tensor outputs, double[] targets, float[] weights)
    {
        var device = outputs.device;
        var logProbabilities_BK = outputs.log_softmax(1);
        var right_B1 = torch.tensor(Array.ConvertAll(targets, target => (long)target), device: device).view(-1, 1);
        var right_B = logProbabilities_BK.gather(1, right_B1).view(-1);
        var loss_B = smoothing > 0
            ? right_B.Times(-(1 - smoothing)).Plus(logProbabilities_BK.sum(dim: 1L), -smoothing / classes)
            : right_B.Times(-1);
        if (gamma > 0)
        {
            // (1 - p)^gamma by way of its logarithm, which has a slope where p is 1.
            loss_B = loss_B.mul(right_B.expm1().Times(-1).Plus(Tiny).log().Times(gamma).exp());
        }
        return loss_B.mul(torch.tensor(weights, device: device)).sum();
    }

    public HeldOutResult Measure(float[] outputs, double[] targets, ValidationMetric metric)
    {
        var (right, predicted) = (new int[targets.Length], new int[targets.Length]);
        for (var row = 0; row < targets.Length; row++)
            (right[row], predicted[row]) = ((int)targets[row], Math.Max(0, TensorPrimitives.IndexOfMax(outputs.AsSpan(row * classes, classes))));
        var accuracy = EvaluationMetrics.Accuracy(right, predicted);
        return new(MeanLoss(outputs, targets, 1), accuracy, metric switch
        {
            ValidationMetric.Accuracy => accuracy,
            ValidationMetric.F1 => isBinary ? EvaluationMetrics.F1(right, predicted) : EvaluationMetrics.MacroF1(right, predicted),
            ValidationMetric.MatthewsCorrelation => EvaluationMetrics.MatthewsCorrelation(right, predicted),
            ValidationMetric.AreaUnderRocCurve => AreaUnderRocCurve(outputs, right),
            _ => null,
        });
    }

    public bool Calibrates => true;

    /// <summary>
    /// Temperature scaling (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2): the scale of the logits whose probabilities fit
    /// held-out rows best. One row's worth of prior holds it near 1 where there are few.
    /// </summary>
    public (double Scale, double Shift) Calibrate(float[] outputs, double[] targets)
    {
        if (targets.Length == 0) return (1, 0);
        // The loss is convex in the scale: one valley; a second one through the prior would have to be as shallow as that.
        double Cost(double log) => targets.Length * MeanLoss(outputs, targets, Math.Exp(log)) + log * log / 2;
        const double golden = 0.6180339887498949;
        var (low, high) = (-3.0, 3.0);
        while (high - low > 1e-4)
        {
            double left = high - golden * (high - low), right = low + golden * (high - low);
            if (Cost(left) < Cost(right)) high = right;
            else low = left;
        }
        return (Math.Exp((low + high) / 2), 0);
    }

    // Of plain cross entropy, the logits multiplied by a scale.
    private double MeanLoss(float[] outputs, double[] targets, double scale)
    {
        var sum = 0.0;
        for (var row = 0; row < targets.Length; row++)
        {
            var logits = outputs.AsSpan(row * classes, classes);
            var (highest, total) = (double.NegativeInfinity, 0.0);
            foreach (var logit in logits) highest = Math.Max(highest, scale * logit);
            foreach (var logit in logits) total += Math.Exp(scale * logit - highest);
            sum += highest + Math.Log(total) - scale * logits[(int)targets[row]];
        }
        return sum / targets.Length;
    }

    private static double AreaUnderRocCurve(float[] outputs, int[] right)
    {
        var margins = new float[right.Length];
        for (var row = 0; row < margins.Length; row++) margins[row] = outputs[2 * row + 1] - outputs[2 * row];
        return right.Contains(0) && right.Contains(1) && !margins.Any(float.IsNaN) ? EvaluationMetrics.AreaUnderRocCurve(Array.ConvertAll(right, one => one == 1), margins) : double.NaN;
    }
}
