using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>
/// A value: the squared error, with the labels' mean taken off and divided by their deviation, so that learning rates do not depend on the labels' unit. The network
/// learns that; at the end its last layer is changed to give values in the labels' own unit.
/// </summary>
/// <param name="mean">Of the labels to learn from.</param>
/// <param name="deviation">Theirs; above 0.</param>
internal sealed class RegressionObjective(double mean, double deviation) : IObjective
{
    public int Outputs => 1;

    /// <summary>For labels to learn from.</summary>
    public static RegressionObjective For(IReadOnlyCollection<double> labels)
    {
        var mean = labels.Average();
        var deviation = Math.Sqrt(labels.Average(label => (label - mean) * (label - mean)));
        return new(mean, deviation > 0 ? deviation : 1);
    }

    public torch.Tensor Loss(torch.Tensor outputs, double[] targets, float[] weights)
    {
        var wanted = torch.tensor(Array.ConvertAll(targets, target => (float)((target - mean) / deviation)), device: outputs.device);
        var error = outputs.view(-1).sub(wanted);
        return error.mul(error).mul(torch.tensor(weights, device: outputs.device)).sum();
    }

    public HeldOutResult Measure(float[] outputs, double[] targets, ValidationMetric metric)
    {
        var values = Array.ConvertAll(outputs, output => (float)(output * deviation + mean));
        var labels = Array.ConvertAll(targets, target => (float)target);
        return new(values.Zip(targets, (value, target) => (value - target) * (value - target)).Average(), Metric: metric switch
        {
            ValidationMetric.PearsonCorrelation => EvaluationMetrics.PearsonCorrelation(labels, values),
            ValidationMetric.SpearmanCorrelation => EvaluationMetrics.SpearmanCorrelation(labels, values),
            _ => null,
        });
    }

    public bool Calibrates => false;

    public (double Scale, double Shift) Calibrate(float[] outputs, double[] targets) => (deviation, mean);
}
