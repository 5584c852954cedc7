namespace Microsoft.ML.PLD;

/// <summary>A process by itself: nothing to add up, nobody to tell.</summary>
internal sealed class SingleProcess : ICollective, IDisposable
{
    public static SingleProcess Instance { get; } = new();

    public int Rank => 0;

    public int Size => 1;

    public long Bytes => 0;

    public void Sum<T>(Span<T> values) where T : unmanaged
    {
    }

    public void SumScatter(Span<float> values, ReadOnlySpan<int> counts)
    {
    }

    public void Gather(Span<float> values, ReadOnlySpan<int> counts)
    {
    }

    public void Broadcast(Span<byte> values)
    {
    }

    public bool Wait(bool isWell) => isWell;

    public IDisposable Begin() => this;

    public void Abort(string reason)
    {
    }

    void IDisposable.Dispose()
    {
    }
}
