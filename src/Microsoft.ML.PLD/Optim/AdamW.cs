using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>AdamW over float32 masters, with gradient clipping, for models some of whose parameters have no gradient at a step.</summary>
/// <remarks>
/// With g the clipped gradient and t the parameter's own number of updates:
/// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;  w = w - rate (decay w + (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)).
/// </remarks>
internal sealed class AdamW : IDisposable
{
    private readonly AdamWOptions _options;
    private readonly AdamWSlot[] _slots;
    private readonly IAdamWKernel _kernel;
    private readonly WeightShards? _shards;
    private readonly Dictionary<torch.Tensor, torch.Tensor> _restored = new(ReferenceEqualityComparer.Instance); // what of a moment is not this rank's alone

    /// <param name="parameters">The masters, each with a name of its own; all on one device.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="rateFactor">What the learning rate is multiplied by, given a parameter's name; null: 1 for all.</param>
    /// <param name="kernel">Null: the fastest for the parameters' device.</param>
    /// <param name="shards">
    /// Which numbers of each parameter this rank keeps the moments of, and updates: stage 1 of ZeRO, Rajbhandari et al., "ZeRO: Memory Optimizations Toward Training Trillion Parameter
    /// Models", 2020. Null: all.
    /// </param>
    public AdamW(
        IEnumerable<Weight> parameters, AdamWOptions? options = null,
        Func<string, double>? rateFactor = null, IAdamWKernel? kernel = null, WeightShards? shards = null)
    {
        TorchRuntime.EnsureLoaded();
        _shards = shards;
        _options = options ?? new();
        if (_options.Problems().ToArray() is { Length: > 0 } problems) throw new ArgumentException(string.Join(' ', problems), nameof(options));

        var named = parameters.ToArray();
        if (named.CountBy(parameter => parameter.Name).FirstOrDefault(name => name.Value > 1) is { Key: { } twice })
            throw new ArgumentException($"Two parameters are named '{twice}'.", nameof(parameters));
        if (named.DistinctBy(parameter => parameter.Value, ReferenceEqualityComparer.Instance).Count() < named.Length)
            throw new ArgumentException("A parameter is listed twice, under two names: it would be updated twice a step.", nameof(parameters));

        _slots = [.. named.Select(p => new AdamWSlot(p, _options.WeightDecay, rateFactor?.Invoke(p.Name) ?? 1, shards?.OwnOf(p)))];
        _kernel = kernel ?? (_slots.All(slot => slot.Weights.device_type == DeviceType.CPU) ? new VectorAdamWKernel() : new TorchAdamWKernel());
    }

    /// <summary>
    /// Updates all parameters that have gradients, with the sum of these, and applies <see cref="AdamWOptions.DroppedParameters"/> to the others. The copies
    /// of the weights follow.
    /// </summary>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="gradients">
    /// Of each parameter, in their order, any number, float32 or bfloat16, dense or sparse (rows of a matrix, each once, in order); null: its <c>grad</c>. Of ranks that share the state,
    /// of this rank's part.
    /// </param>
    /// <param name="shared">Makes one norm of those that ranks on processors of different kinds compute, which differ in the last bits, or which are of other parts; null: nobody else is there.</param>
    /// <returns>The norm of the gradients before clipping. When it is not finite, nothing was changed.</returns>
    public double Step(double learningRate, IReadOnlyList<IReadOnlyList<torch.Tensor>>? gradients = null, Func<double, double>? shared = null)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();

        var updates = new List<AdamWUpdate>(_slots.Length);
        var dropped = new List<AdamWSlot>();
        for (var i = 0; i < _slots.Length; i++)
        {
            var all = gradients?[i] ?? (_slots[i].Weights.grad is { } own ? [own] : []);
            if (all.Count > 0) updates.Add(UpdateOf(_slots[i], [.. all.Select(gradient => gradient.is_sparse ? gradient : gradient.contiguous())], learningRate));
            else dropped.Add(_slots[i]);
        }

        var norm = _kernel.Norm(updates);
        if (shared is not null) norm = shared(norm);
        if (!double.IsFinite(norm)) return norm;

        var clips = _options.MaxGradientNorm > 0 && norm > _options.MaxGradientNorm;
        try
        {
            _kernel.Apply(updates, _options, clips ? _options.MaxGradientNorm / norm : 1);
        }
        catch (Exception failure) when (OutOfMemory.Is(failure))
        {
            // Some weights have moved: the step can be neither ended nor taken again.
            throw new InvalidOperationException($"Memory ran out while the weights were being changed; go on from the last checkpoint. {failure.Message}", failure);
        }
        foreach (var update in updates) update.Slot.Steps++;

        if (_options.DroppedParameters == DroppedParameterRule.DecayOnly)
            foreach (var slot in dropped.Where(slot => slot.WeightDecay > 0))
            {
                slot.Weight.Value.TimesInPlace(Keep(slot, learningRate)); // all of it: what others have of it moves as this does
                slot.Weight.Refresh();
            }
        return norm;
    }

    /// <summary>Whether other ranks have a part of the state.</summary>
    public bool IsSharded => _shards is not null;

    /// <summary>How many numbers of moments this rank has.</summary>
    public long MomentsHere => _slots.Sum(slot => slot.FirstMoment.numel() + slot.SecondMoment.numel());

    /// <summary>The parameters' names, in their order.</summary>
    public IEnumerable<string> Names => _slots.Select(slot => slot.Name);

    /// <summary>What a checkpoint keeps, in the parameters' order. The tensors may be the live ones: copy what must not change.</summary>
    /// <remarks>Ranks that share the state all go through it, to the end: a parameter is put together when it is its turn.</remarks>
    public IEnumerable<AdamWState> State => _slots.Select(slot => new AdamWState(slot.Name, slot.Steps, Whole(slot, slot.FirstMoment), Whole(slot, slot.SecondMoment)));

    /// <summary>Copies a state from <see cref="State"/> back. Of ranks that share it, the first one's is kept until <see cref="Share"/>.</summary>
    /// <exception cref="ArgumentException">The names or shapes are not those of the parameters; nothing was changed.</exception>
    public void Restore(IEnumerable<AdamWState> states)
    {
        var named = states.ToDictionary(state => state.Name);
        var problems = _slots.Select(slot => !named.TryGetValue(slot.Name, out var state) ? $"'{slot.Name}' is missing"
                : HasShape(state.FirstMoment, slot) && HasShape(state.SecondMoment, slot) ? null
                : $"'{slot.Name}' has moments of [{string.Join(", ", state.FirstMoment.shape)}] and [{string.Join(", ", state.SecondMoment.shape)}], "
                    + $"expected [{string.Join(", ", slot.Weight.Value.shape)}]")
            .Concat(named.Keys.Except(_slots.Select(slot => slot.Name)).Select(name => $"'{name}' is unknown to this model"))
            .OfType<string>().ToArray();
        if (problems.Length > 0)
            throw new ArgumentException($"The optimizer state is not of this model: {string.Join("; ", problems)}.", nameof(states));

        using var noGrad = torch.no_grad();
        foreach (var slot in _slots)
        {
            var state = named[slot.Name];
            slot.Steps = state.Steps;
            foreach (var (moment, whole) in new[] { (slot.FirstMoment, state.FirstMoment), (slot.SecondMoment, state.SecondMoment) })
            {
                if (IsSharded) _restored[moment] = whole.to(torch.float32, copy: true).DetachFromDisposeScope();
                else moment.copy_(whole);
            }
        }
    }

    /// <summary>What <see cref="Restore"/> has kept for other ranks is not for them.</summary>
    public void Forget()
    {
        foreach (var whole in _restored.Values) whole.Dispose();
        _restored.Clear();
    }

    /// <summary>Every rank gets the state of rank 0, or its part of what that one has restored.</summary>
    public void Share(ICollective ranks)
    {
        using var noGrad = torch.no_grad();
        foreach (var slot in _slots)
        {
            slot.Steps = ranks.Broadcast(slot.Steps);
            foreach (var moment in new[] { slot.FirstMoment, slot.SecondMoment })
            {
                if (!IsSharded)
                {
                    ranks.Broadcast(moment);
                    continue;
                }
                using var scope = torch.NewDisposeScope();
                var whole = _restored.Remove(moment, out var restored) ? restored : torch.zeros_like(slot.Weight.Value);
                ranks.Broadcast(whole);
                moment.copy_(OwnOf(slot, whole));
                restored?.Dispose();
            }
        }
    }

    /// <summary>What is known of parameters becomes what was known of others, or nothing.</summary>
    /// <param name="sourceOf">The name of the parameter whose state one takes, which comes before it; null: it keeps its own.</param>
    /// <param name="state">Whether it is copied or reset; the state of a parameter that is not trained counts as none.</param>
    public void CopyWithin(Func<string, string?> sourceOf, CopiedState state)
    {
        using var noGrad = torch.no_grad();
        var named = _slots.ToDictionary(slot => slot.Name);
        // From the last on: what a parameter takes has not been written over yet.
        foreach (var slot in _slots.Reverse())
        {
            if (sourceOf(slot.Name) is not { } source) continue;
            if (state == CopiedState.Copied && named.TryGetValue(source, out var from))
            {
                slot.FirstMoment.copy_(from.FirstMoment);
                slot.SecondMoment.copy_(from.SecondMoment);
                slot.Steps = from.Steps;
            }
            else
            {
                slot.FirstMoment.zero_();
                slot.SecondMoment.zero_();
                slot.Steps = 0;
            }
        }
    }

    /// <summary>Ranks that share the state, and have no use for it as a whole, take part in putting it together for one that has.</summary>
    public void SendState()
    {
        foreach (var state in State) state.Dispose();
    }

    public void Dispose()
    {
        foreach (var slot in _slots) slot.Dispose();
        Forget();
    }

    private torch.Tensor Whole(AdamWSlot slot, torch.Tensor moment)
    {
        if (_shards is null) return moment;
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var whole = torch.zeros_like(slot.Weight.Value);
        OwnOf(slot, whole).copy_(moment);
        _shards.Ranks.Gather(whole, _shards.CountsOf(slot.Weight));
        return whole.DetachFromDisposeScope();
    }

    private torch.Tensor OwnOf(AdamWSlot slot, torch.Tensor whole)
    {
        var (first, count) = _shards!.OwnOf(slot.Weight);
        return whole.view(-1).narrow(0, first, count);
    }

    private AdamWUpdate UpdateOf(AdamWSlot slot, torch.Tensor[] gradients, double learningRate)
    {
        var step = slot.Steps + 1;
        var (correction1, correction2) = _options.BiasCorrection
            ? (1 - Math.Pow(_options.Beta1, step), 1 - Math.Pow(_options.Beta2, step))
            : (1, 1);
        return new(slot, gradients, learningRate * slot.RateFactor / correction1, 1 / Math.Sqrt(correction2), Keep(slot, learningRate));
    }

    private static double Keep(AdamWSlot slot, double learningRate) => 1 - learningRate * slot.RateFactor * slot.WeightDecay;

    private static bool HasShape(torch.Tensor moment, AdamWSlot slot) => moment.shape.AsSpan().SequenceEqual(slot.Weight.Value.shape);
}

/// <summary>What AdamW remembers of one parameter.</summary>
/// <param name="Name">The parameter's name.</param>
/// <param name="Steps">Times that it was updated.</param>
/// <param name="FirstMoment">The running mean of its gradients; the parameter's shape, float32.</param>
/// <param name="SecondMoment">The running mean of their squares; the parameter's shape, float32.</param>
internal sealed record AdamWState(string Name, long Steps, torch.Tensor FirstMoment, torch.Tensor SecondMoment) : IDisposable
{
    /// <summary>Frees the moments: those that were put together for this state.</summary>
    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }
}
