using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>What the outputs of a <see cref="BertPredictor"/> are to become.</summary>
internal interface IObjective
{
    /// <summary>Numbers for each text.</summary>
    int Outputs { get; }

    /// <param name="outputs">[B, outputs], float32</param>
    /// <param name="targets">[B]: what is right, a class from 0 or a value.</param>
    /// <param name="weights">[B]</param>
    /// <returns>The weighted sum over the rows; a scalar.</returns>
    torch.Tensor Loss(torch.Tensor outputs, double[] targets, float[] weights);

    /// <summary>How right the outputs are.</summary>
    /// <param name="outputs">[rows, outputs]</param>
    /// <param name="targets">[rows]</param>
    /// <param name="metric">What to judge by.</param>
    HeldOutResult Measure(float[] outputs, double[] targets, ValidationMetric metric);

    /// <summary>Whether <see cref="Calibrate"/> makes use of held-out rows.</summary>
    bool Calibrates { get; }

    /// <summary>What to make of the outputs when training has ended: scale * output + shift.</summary>
    /// <param name="outputs">Of held-out rows, or none.</param>
    /// <param name="targets">What is right for them.</param>
    (double Scale, double Shift) Calibrate(float[] outputs, double[] targets);
}
