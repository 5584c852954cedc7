using TorchSharp;
using TorchSharp.Modules;

namespace Microsoft.ML.PLD;

/// <summary>A weight of a network: the float32 master that the optimizer moves, and a copy in the type of the activations where that is another.</summary>
/// <param name="name">As Hugging Face names it.</param>
/// <param name="value">The master; owned from here on.</param>
internal sealed class Weight(string name, Parameter value) : IDisposable
{
    private readonly Lock _lock = new();
    private volatile torch.Tensor? _copy;
    private WeightStack? _stack;

    public string Name => name;

    /// <summary>The master, float32.</summary>
    public Parameter Value => value;

    /// <summary>The copy that activations were last computed with: a leaf with gradients of its own. Null: with the master itself.</summary>
    public torch.Tensor? Copy => _copy;

    /// <summary>The weight to compute with: made once, not at every use.</summary>
    public torch.Tensor In(torch.ScalarType type)
    {
        if (type == value.dtype) return value;
        if (_copy is { } copy && copy.dtype == type) return copy;
        lock (_lock)
        {
            if (_copy is { } made && made.dtype == type) return made;
            if (_stack is { } stack)
            {
                stack.In(type);
                return _copy!;
            }
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            TakeCopy(value.to(type));
            return _copy!;
        }
    }

    /// <summary>Moves the master into memory that it shares with others; its copy will be made together with theirs.</summary>
    /// <param name="stack">Calls <see cref="TakeCopy"/>.</param>
    /// <param name="memory">The master's values; another view of it is kept.</param>
    public void MoveTo(WeightStack stack, torch.Tensor memory)
    {
        _stack = stack;
        var moved = new Parameter(memory.alias());
        moved.DetachFromDisposeScope();
        value.Dispose();
        value = moved;
    }

    /// <summary>Makes this the copy.</summary>
    /// <param name="copy">The master's values in another type; another view of it is kept.</param>
    /// <exception cref="NotSupportedException">There is one in another type.</exception>
    public void TakeCopy(torch.Tensor copy)
    {
        if (_copy is { } made) throw new NotSupportedException($"The weight '{name}' has a copy in {made.dtype}; it cannot be used in {copy.dtype} as well.");
        _copy = copy.detach().DetachFromDisposeScope().requires_grad_();
    }

    /// <summary>Brings the copy up to date after the master has changed.</summary>
    public void Refresh()
    {
        using var noGrad = torch.no_grad();
        _copy?.copy_(value);
    }

    public void Deconstruct(out string name, out Parameter value) => (name, value) = (Name, Value);

    public void Dispose()
    {
        value.Dispose();
        _copy?.Dispose();
    }
}
