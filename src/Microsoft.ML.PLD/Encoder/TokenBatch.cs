using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>The encoder's input on its device: B sequences of S tokens. Lives in the dispose scope that it was made in.</summary>
internal sealed class TokenBatch
{
    /// <param name="ids">B * S token ids, row after row.</param>
    /// <param name="types">B * S token types, or null when all are 0.</param>
    /// <param name="lengths">The number of tokens of each row that are not padding, or null when there is no padding.</param>
    /// <param name="rows">B</param>
    /// <param name="length">S</param>
    /// <param name="device">Where the tensors go.</param>
    public TokenBatch(int[] ids, int[]? types, int[]? lengths, int rows, int length, torch.Device device)
    {
        if (ids.Length != rows * length) throw new ArgumentException($"{ids.Length} ids for {rows} rows of {length} tokens.", nameof(ids));
        (Rows, Length) = (rows, length);
        Ids = torch.tensor(ids, torch.int64, device);
        Types = types is null ? null : torch.tensor(types, torch.int64, device);
        IgnoredKeys = lengths is null || lengths.All(n => n == length)
            ? null
            : (torch.arange(length, torch.int64, device).view(1, length) >= torch.tensor(lengths, torch.int64, device).view(rows, 1)).view(rows, 1, 1, length);
    }

    /// <summary>Texts side by side, padded to the longest of them.</summary>
    public static TokenBatch Pad(IReadOnlyList<TokenizedText> texts, int padId, torch.Device device)
    {
        var length = texts.Max(text => text.Ids.Length);
        var (ids, types) = (new int[texts.Count * length], new int[texts.Count * length]);
        if (padId != 0) Array.Fill(ids, padId);
        for (var row = 0; row < texts.Count; row++)
        {
            texts[row].Ids.CopyTo(ids, row * length);
            texts[row].TypeIds.CopyTo(types, row * length);
        }
        return new TokenBatch(ids, types, [.. texts.Select(text => text.Ids.Length)], texts.Count, length, device);
    }

    public int Rows { get; }
    public int Length { get; }

    /// <summary>[B * S], int64</summary>
    public torch.Tensor Ids { get; }

    /// <summary>[B * S], int64, or null: all 0</summary>
    public torch.Tensor? Types { get; }

    /// <summary>[B, 1, 1, S], true where a key is padding; null when there is none</summary>
    public torch.Tensor? IgnoredKeys { get; init; }
}
