using TorchSharp;
using TorchSharp.Modules;

namespace Microsoft.ML.PLD;

/// <summary>The weights of a network, float32, in a fixed order, each under the name that Hugging Face's BERT gives it.</summary>
internal sealed class ParameterStore : IDisposable
{
    private readonly List<Weight> _all = [];
    private readonly List<IDisposable> _owned = [];
    private readonly ulong _seed;

    public ParameterStore(torch.Device device, ulong seed) => (Device, _seed) = (device, seed);

    public torch.Device Device { get; }

    public IReadOnlyList<Weight> All => _all;

    /// <summary>The masters by name, for reading and writing. Who writes calls <see cref="Refresh"/>.</summary>
    public IReadOnlyDictionary<string, torch.Tensor> Tensors => _all.ToDictionary(parameter => parameter.Name, parameter => (torch.Tensor)parameter.Value);

    public long Count => _all.Sum(parameter => parameter.Value.numel());

    /// <summary>A weight drawn from a normal distribution: the same values on every device and whatever else was created before it.</summary>
    public Weight Normal(string name, double standardDeviation, params long[] shape)
    {
        using var generator = new torch.Generator(new RandomStream(_seed, RandomPurpose.Initialization, step: 0, index: NameHash(name)).NextUInt64());
        using var values = torch.randn(shape, torch.float32, generator: generator);
        return Add(name, values.TimesInPlace(standardDeviation).to(Device));
    }

    public Weight Constant(string name, double value, params long[] shape) => Add(name, HeldScalars.Full(shape, value, Device));

    /// <summary>Takes over the values of each weight that <paramref name="source"/> has under the same name and shape.</summary>
    /// <param name="source">Where they come from.</param>
    /// <param name="except">The names of weights that keep their values all the same; null: none.</param>
    /// <returns>The names of the weights that keep their values.</returns>
    public IReadOnlyList<string> CopyFrom(ParameterStore source, Func<string, bool>? except = null)
    {
        using var noGrad = torch.no_grad();
        var theirs = source._all.ToDictionary(parameter => parameter.Name, parameter => parameter.Value);
        var missing = new List<string>();
        foreach (var (name, value) in _all)
            if (except?.Invoke(name) is not true && theirs.TryGetValue(name, out var values) && values.shape.AsSpan().SequenceEqual(value.shape)) value.copy_(values);
            else missing.Add(name);
        Refresh();
        return missing;
    }

    /// <summary>Weights take over the values of others, as they were before any of them did.</summary>
    /// <param name="sourceOf">The name of the weight whose values one takes, which comes before it; null: it keeps its own.</param>
    public void CopyWithin(Func<string, string?> sourceOf)
    {
        using var noGrad = torch.no_grad();
        var named = Tensors;
        // From the last on: what a weight takes has not been written over yet.
        foreach (var weight in Enumerable.Reverse(_all))
            if (sourceOf(weight.Name) is { } source) weight.Value.copy_(named[source]);
        Refresh();
    }

    /// <summary>Brings copies in other types up to date after the masters have changed.</summary>
    public void Refresh()
    {
        foreach (var weight in _all) weight.Refresh();
    }

    /// <summary>Disposes of something along with the weights.</summary>
    public T Own<T>(T made) where T : IDisposable
    {
        _owned.Add(made);
        return made;
    }

    public void Dispose()
    {
        foreach (var made in _owned) made.Dispose();
        _owned.Clear();
        foreach (var weight in _all) weight.Dispose();
        _all.Clear();
    }

    private Weight Add(string name, torch.Tensor initial)
    {
        var parameter = new Parameter(initial.DetachFromDisposeScope());
        parameter.DetachFromDisposeScope();
        var weight = new Weight(name, parameter);
        _all.Add(weight);
        return weight;
    }

    // FNV-1a, cut to the 44 bits of a random stream's index: string.GetHashCode differs from process to process.
    private static long NameHash(string name)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in name) hash = (hash ^ c) * 1099511628211UL;
        return (long)(hash >> 20);
    }
}
