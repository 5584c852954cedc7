using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Projections of one input, whose weights lie one after the other in memory: any neighbours are one matrix product.</summary>
/// <remarks>On the processor only: elsewhere the way back runs on threads of libtorch's, from which <see cref="WayBack"/> could not bring an exception.</remarks>
internal sealed class StackedDense : IDisposable
{
    private readonly Dense[] _parts;
    private readonly WeightStack _weight, _bias;
    private readonly long _outputs;

    /// <param name="weights">Where the weights are.</param>
    /// <param name="names">Of the projections.</param>
    /// <param name="inputs">Of each projection.</param>
    /// <param name="outputs">Of each projection.</param>
    /// <param name="standardDeviation">Of the weights at first.</param>
    public StackedDense(ParameterStore weights, string[] names, long inputs, long outputs, double standardDeviation)
    {
        _parts = [.. names.Select(name => new Dense(weights, name, inputs, outputs, standardDeviation))];
        (_weight, _bias, _outputs) = (new WeightStack([.. _parts.Select(part => part.Weight)]), new WeightStack([.. _parts.Select(part => part.Bias)]), outputs);
    }

    /// <param name="x">[rows, inputs]</param>
    /// <param name="first">The first projection wanted.</param>
    /// <param name="count">How many are wanted.</param>
    /// <returns>[rows, count * outputs]</returns>
    public torch.Tensor Apply(torch.Tensor x, int first, int count)
    {
        var (weight, bias) = (_weight.In(x.dtype), _bias.In(x.dtype));
        if (count < _parts.Length) (weight, bias) = (weight.narrow(0, first * _outputs, count * _outputs), bias.narrow(0, first * _outputs, count * _outputs));
        if (!torch.is_grad_enabled()) return FewRows.Linear(x, weight, bias);
        var wanted = _parts[first..(first + count)];
        return StackedLinear.Apply(x, weight, bias, [.. wanted.Select(part => part.Weight.In(x.dtype)), .. wanted.Select(part => part.Bias.In(x.dtype))]);
    }

    /// <summary>One projection, by libtorch's own operation.</summary>
    public torch.Tensor ApplyPart(torch.Tensor x, int part) => _parts[part].Apply(x);

    public void Dispose()
    {
        _weight.Dispose();
        _bias.Dispose();
    }
}
