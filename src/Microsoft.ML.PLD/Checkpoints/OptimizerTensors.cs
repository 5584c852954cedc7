using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>The state of <see cref="AdamW"/> as tensors, under PyTorch's names: <c>exp_avg</c>, <c>exp_avg_sq</c> and <c>step</c> of each parameter.</summary>
internal static class OptimizerTensors
{
    private const string FirstMoment = "exp_avg", SecondMoment = "exp_avg_sq", Step = "step";

    /// <summary>The live moments, and a new tensor for each count; of ranks that share the state, moments that are there until the next ones are asked for.</summary>
    public static IEnumerable<KeyValuePair<string, torch.Tensor>> Of(AdamW optimizer)
    {
        foreach (var state in optimizer.State)
        {
            yield return new($"{state.Name}.{FirstMoment}", state.FirstMoment);
            yield return new($"{state.Name}.{SecondMoment}", state.SecondMoment);
            yield return new($"{state.Name}.{Step}", torch.tensor(state.Steps));
            if (optimizer.IsSharded) state.Dispose();
        }
    }

    /// <summary>Reads the state back.</summary>
    /// <exception cref="InvalidDataException">It is not of these parameters; nothing was changed.</exception>
    public static void ReadInto(AdamW optimizer, string path)
    {
        using var scope = torch.NewDisposeScope();
        using var file = SafetensorsReader.Open(path);
        var tensors = file.ReadAll();
        try
        {
            optimizer.Restore([.. optimizer.Names.Select(name => new AdamWState(
                name, tensors[$"{name}.{Step}"].item<long>(), tensors[$"{name}.{FirstMoment}"], tensors[$"{name}.{SecondMoment}"]))]);
        }
        catch (Exception failure) when (failure is ArgumentException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidDataException($"'{path}' is not the optimizer's state of this model: {failure.Message}", failure);
        }
    }
}
