using System.Runtime.CompilerServices;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>From a matrix whose rows are tokens to one matrix for each text and attention head, and back, on the processor.</summary>
/// <param name="Rows">B</param>
/// <param name="Heads">A</param>
/// <param name="Length">Tokens of each row.</param>
internal readonly unsafe record struct HeadLayout(int Rows, int Heads, int Length)
{
    /// <param name="x">[B * Length, parts * A * D]: queries, keys and values side by side, for example.</param>
    /// <param name="parts">How many stand side by side.</param>
    /// <returns>[B * A, Length, D] of each part</returns>
    /// <exception cref="ArgumentException">The matrix has another shape.</exception>
    public torch.Tensor[] Split(torch.Tensor x, int parts)
    {
        if (x.dim() != 2 || x.shape[0] != (long)Rows * Length || x.shape[1] % ((long)parts * Heads) != 0)
            throw new ArgumentException($"[{string.Join(", ", x.shape)}] is not {Rows} texts of {Length} tokens, each with {parts} parts of {Heads} heads.", nameof(x));
        var (rows, heads, length, size) = (Rows, Heads, Length, x.shape[1] / parts / Heads);
        torch.Tensor[] result = [.. Enumerable.Range(0, parts).Select(_ => torch.empty([rows * heads, length, size], x.dtype))];
        var tokens = x.contiguous();
        Copy(tokens, result, toHeads: true);
        GC.KeepAlive(tokens);
        return result;
    }

    /// <param name="parts">[B * A, Length, D] each</param>
    /// <returns>[B * Length, parts * A * D]</returns>
    /// <exception cref="ArgumentException">A part has another shape or type.</exception>
    public torch.Tensor Join(params torch.Tensor[] parts)
    {
        var shape = new[] { (long)Rows * Heads, Length, parts[0].shape[^1] };
        foreach (var part in parts)
            if (!part.shape.AsSpan().SequenceEqual(shape) || part.dtype != parts[0].dtype)
                throw new ArgumentException($"{part.dtype} [{string.Join(", ", part.shape)}]; expected {parts[0].dtype} [{string.Join(", ", shape)}].", nameof(parts));
        var result = torch.empty([(long)Rows * Length, parts.Length * Heads * parts[0].shape[2]], parts[0].dtype);
        Copy(result, parts, toHeads: false);
        return result;
    }

    private void Copy(torch.Tensor tokens, torch.Tensor[] parts, bool toHeads)
    {
        var layout = this;
        var start = tokens.Address();
        nint[] starts = [.. parts.Select(part => part.Address())];
        var size = (nint)(parts[0].shape[2] * parts[0].ElementSize);
        ParallelRows.ForEach(Rows * Heads, tokens.numel(), slice =>
        {
            var (row, head) = Math.DivRem(slice, layout.Heads);
            for (var part = 0; part < starts.Length; part++) layout.Copy((byte*)start, (byte*)starts[part], size, row, part, starts.Length, head, toHeads);
        });
    }

    // The tokens of one text, and of them what belongs to one head of one part.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Copy(byte* tokens, byte* heads, nint size, int row, int part, int parts, int head, bool toHeads)
    {
        var width = size * Heads * parts;
        var token = tokens + row * Length * width + (part * Heads + head) * size;
        var own = heads + ((nint)row * Heads + head) * Length * size;
        for (var i = 0; i < Length; i++, token += width, own += size)
            if (toHeads) Unsafe.CopyBlockUnaligned(own, token, (uint)size);
            else Unsafe.CopyBlockUnaligned(token, own, (uint)size);
    }
}
