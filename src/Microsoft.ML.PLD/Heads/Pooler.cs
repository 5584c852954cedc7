using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Reduces [B * S, H] to [B, H].</summary>
internal static class Pooler
{
    /// <param name="encoder">Normalizes the rows that are read.</param>
    /// <param name="hidden">[B * K, H] of <see cref="SwitchableEncoder.Apply"/></param>
    /// <param name="batch">The shape, and where the padding is.</param>
    /// <param name="pooling">Which reduction.</param>
    /// <returns>[B, H] in the type of <paramref name="hidden"/></returns>
    public static torch.Tensor Apply(SwitchableEncoder encoder, torch.Tensor hidden, TokenBatch batch, Pooling pooling)
    {
        if (pooling == Pooling.Cls)
        {
            return encoder.Normalize(hidden.index_select(0, batch.OutputRows(TokenBatch.Firsts(batch.Rows, batch.Length))));
        }
        var x_BSH = encoder.Normalize(hidden).view(batch.Rows, batch.Length, -1);
        var ignored_BS1 = batch.IgnoredKeys?.view(batch.Rows, batch.Length, 1);
        if (pooling == Pooling.Max)
            return (ignored_BS1 is null ? x_BSH : x_BSH.FilledWhere(ignored_BS1, double.NegativeInfinity)).amax(1);
        if (ignored_BS1 is null) return x_BSH.mean([1L]);
        // Counted in float32: bfloat16 has no integers above 256.
        var kept = ignored_BS1.logical_not().to(torch.float32);
        return x_BSH.FilledWhere(ignored_BS1, 0).to(torch.float32).sum(dim: 1L).div(kept.sum(dim: 1L)).to(hidden.dtype);
    }
}
