using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.PLD;

/// <summary>A row of a tensor as float32 numbers in scratch memory, filled up to whole vectors.</summary>
internal readonly unsafe ref struct RowBuffer : IDisposable
{
    /// <summary>Numbers of a vector.</summary>
    public const int Lanes = 16;

    /// <param name="length">Numbers of the row.</param>
    public RowBuffer(int length)
    {
        // To groups of dropout bits, which are two vectors.
        (Length, Padded) = (length, (length + DropoutBits.Group - 1) / DropoutBits.Group * DropoutBits.Group);
        Start = (float*)NativeMemory.AlignedAlloc((nuint)Math.Max(1, Padded) * sizeof(float), 64);
    }

    public float* Start { get; }

    public int Length { get; }

    /// <summary><see cref="Length"/>, rounded up to whole groups of dropout bits.</summary>
    public int Padded { get; }

    /// <param name="from">Where the tensor starts.</param>
    /// <param name="at">Where in it the row starts, in numbers.</param>
    /// <param name="beyond">What stands behind the row.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Read<T>(void* from, nint at, float beyond = 0) where T : IElement
    {
        var to = Start;
        var length = Length;
        var i = 0;
        for (; i + Lanes <= length; i += Lanes) T.Load(from, at + i).Store(to + i);
        for (; i < length; i++) to[i] = T.Get(from, at + i);
        for (; i < Padded; i++) to[i] = beyond;
    }

    /// <param name="to">Where the tensor starts.</param>
    /// <param name="at">Where in it the row starts, in numbers.</param>
    /// <param name="factor">What the row is multiplied by.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write<T>(void* to, nint at, float factor = 1) where T : IElement
    {
        var from = Start;
        var (length, factors) = (Length, Vector512.Create(factor));
        var i = 0;
        for (; i + 2 * Lanes <= length; i += 2 * Lanes) T.Store(Vector512.Load(from + i) * factors, Vector512.Load(from + i + Lanes) * factors, to, at + i);
        for (; i + Lanes <= length; i += Lanes) T.Store(Vector512.Load(from + i) * factors, to, at + i);
        for (; i < length; i++) T.Set(from[i] * factor, to, at + i);
    }

    /// <summary>Turns each number x into exp(factor * (x - the largest)).</summary>
    /// <returns>The largest, and the sum of what they have become.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (float Largest, float Sum) Exponentials(float factor)
    {
        var start = Start;
        var length = Padded;
        var most = Vector512.Create(float.NegativeInfinity);
        for (var i = 0; i < length; i += Lanes) most = Vector512.MaxNative(most, Vector512.Load(start + i));
        var largest = VectorMath.Max(most);
        var (factors, shift, sum) = (Vector512.Create(factor), Vector512.Create(-factor * largest), Vector512<float>.Zero);
        for (var i = 0; i < length; i += Lanes)
        {
            var power = VectorMath.Exp(Vector512.FusedMultiplyAdd(Vector512.Load(start + i), factors, shift));
            sum += power;
            power.Store(start + i);
        }
        return (largest, Vector512.Sum(sum));
    }

    public void Dispose() => NativeMemory.AlignedFree(Start);
}
