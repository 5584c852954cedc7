using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Weights that lie one after the other in memory, masters and copies, so that they can be used as one.</summary>
internal sealed class WeightStack : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Weight[] _parts;
    private readonly torch.Tensor _masters;
    private volatile torch.Tensor? _copies;

    /// <param name="parts">Weights that agree in all dimensions but the first, and have no copies yet. Their masters are moved.</param>
    public WeightStack(Weight[] parts)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        _parts = parts;
        _masters = torch.cat([.. parts.Select(part => (torch.Tensor)part.Value)]).DetachFromDisposeScope();
        var views = Views(_masters);
        for (var i = 0; i < parts.Length; i++) parts[i].MoveTo(this, views[i]);
    }

    /// <summary>All of them, one after the other along the first dimension; nothing to take gradients of.</summary>
    public torch.Tensor In(torch.ScalarType type)
    {
        if (type == _masters.dtype) return _masters;
        if (_copies is { } copies && copies.dtype == type) return copies;
        lock (_lock)
        {
            if (_copies is { } made && made.dtype == type) return made;
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            var all = _masters.to(type);
            var views = Views(all);
            for (var i = 0; i < _parts.Length; i++) _parts[i].TakeCopy(views[i]);
            return _copies = all.DetachFromDisposeScope();
        }
    }

    public void Dispose()
    {
        _masters.Dispose();
        _copies?.Dispose();
    }

    private torch.Tensor[] Views(torch.Tensor all) => all.split([.. _parts.Select(part => part.Value.shape[0])]);
}
