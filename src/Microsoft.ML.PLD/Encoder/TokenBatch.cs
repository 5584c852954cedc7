using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>The encoder's input on its device: B sequences of S tokens. Lives in the dispose scope that it was made in.</summary>
internal sealed class TokenBatch
{
    private readonly int[]? _outputRows; // [B * S]: the row of the encoder's output that holds a position's vector

    /// <param name="ids">B * S token ids, row after row.</param>
    /// <param name="types">B * S token types, or null when all are 0.</param>
    /// <param name="lengths">The number of tokens of each row that are not padding, or null when there is no padding.</param>
    /// <param name="rows">B</param>
    /// <param name="length">S</param>
    /// <param name="device">Where the tensors go.</param>
    /// <param name="wanted">The positions, of B * S, whose vectors are wanted of the encoder, ascending; null: all.</param>
    public TokenBatch(int[] ids, int[]? types, int[]? lengths, int rows, int length, torch.Device device, int[]? wanted = null)
    {
        if (ids.Length != rows * length) throw new ArgumentException($"{ids.Length} ids for {rows} rows of {length} tokens.", nameof(ids));
        (Rows, Length, OutputsPerRow) = (rows, length, length);
        Ids = torch.tensor(ids, torch.int64, device);
        Types = types is null ? null : torch.tensor(types, torch.int64, device);
        if (lengths?.Any(n => n < length) == true)
            Padding = [.. lengths.SelectMany(n => Enumerable.Range(0, length).Select(position => position >= n))];
        if (wanted is null) return;

        // As many for each row, so that they stay a rectangle: where there are fewer, the row's first position fills up.
        var counts = new int[rows];
        foreach (var position in wanted) counts[position / length]++;
        OutputsPerRow = Math.Max(1, counts.Max());
        var positions = new long[rows * OutputsPerRow];
        for (var i = 0; i < positions.Length; i++) positions[i] = (long)(i / OutputsPerRow) * length;
        _outputRows = new int[rows * length];
        Array.Fill(_outputRows, -1);
        Array.Clear(counts);
        foreach (var position in wanted)
        {
            var row = position / length;
            var place = row * OutputsPerRow + counts[row]++;
            (positions[place], _outputRows[position]) = (position, place);
        }
        OutputPositions = torch.tensor(positions, device: device);
    }

    /// <summary>Texts side by side, padded to the longest of them.</summary>
    /// <param name="texts">B of them.</param>
    /// <param name="padId">The id of [PAD].</param>
    /// <param name="device">Where the tensors go.</param>
    /// <param name="firstsOnly">Whether only the vectors of [CLS] are wanted of the encoder.</param>
    /// <param name="shortest">The least tokens of a row, padding included.</param>
    /// <param name="firstRow">As <see cref="FirstRow"/>.</param>
    public static TokenBatch Pad(IReadOnlyList<TokenizedText> texts, int padId, torch.Device device, bool firstsOnly, int shortest = 0, long firstRow = 0)
    {
        var length = Math.Max(shortest, texts.Max(text => text.Ids.Length));
        var (ids, types) = (new int[texts.Count * length], new int[texts.Count * length]);
        if (padId != 0) Array.Fill(ids, padId);
        for (var row = 0; row < texts.Count; row++)
        {
            texts[row].Ids.CopyTo(ids, row * length);
            texts[row].TypeIds.CopyTo(types, row * length);
        }
        int[]? wanted = firstsOnly ? [.. Firsts(texts.Count, length)] : null;
        return new TokenBatch(ids, types, [.. texts.Select(text => text.Ids.Length)], texts.Count, length, device, wanted) { FirstRow = firstRow };
    }

    /// <summary>The part of the batch that a block computes, as a batch of its own.</summary>
    /// <param name="subset">What is drawn.</param>
    /// <param name="run">Which of the plan's runs.</param>
    /// <returns>[n], int64: the rows of the encoder's stream, and their batch, which has no ids. Null: nothing is drawn of this micro-batch.</returns>
    public (torch.Tensor Rows, TokenBatch Part)? Draw(RandomSubset subset, int run)
    {
        var sequences = subset.Of == SubsetOf.Sequences ? subset.Sequences(run, FirstRow, Rows) : [.. Enumerable.Range(0, Rows)];
        if (sequences.Length == 0) return null;
        var length = subset.Of == SubsetOf.Tokens ? subset.TokensOf(Length) : Length;
        var places = new int[sequences.Length * length];
        for (var i = 0; i < sequences.Length; i++)
        {
            var positions = subset.Of == SubsetOf.Tokens ? subset.Tokens(run, FirstRow + sequences[i], Length) : null;
            for (var j = 0; j < length; j++) places[i * length + j] = sequences[i] * Length + (positions?[j] ?? j);
            // Attention needs a key: [CLS] is none of the padding.
            if (Padding is not null && positions is not null && places.AsSpan(i * length, length).ToArray().All(place => Padding[place])) places[i * length] = sequences[i] * Length;
        }
        bool[]? padding = Padding is null ? null : [.. places.Select(place => Padding[place])];
        return (torch.tensor(places, torch.int64, Ids.device), new TokenBatch(this, sequences, length, padding));
    }

    // Of the network only the embeddings read ids.
    private TokenBatch(TokenBatch whole, int[] drawn, int length, bool[]? padding)
    {
        (Rows, Length, OutputsPerRow, Ids, Drawn) = (drawn.Length, length, length, whole.Ids, drawn);
        Padding = padding;
    }

    /// <summary>The rows of the encoder's output that hold the vectors of some wanted positions.</summary>
    /// <returns>[positions], int64</returns>
    public torch.Tensor OutputRows(IEnumerable<int> positions) =>
        torch.tensor([.. positions.Select(position => _outputRows is null ? position : _outputRows[position] >= 0 ? _outputRows[position]
            : throw new ArgumentException($"Position {position} was not wanted of the encoder.", nameof(positions)))], torch.int64, Ids.device);

    /// <summary>The positions of [CLS].</summary>
    public static IEnumerable<int> Firsts(int rows, int length) => Enumerable.Range(0, rows).Select(row => row * length);

    public int Rows { get; }
    public int Length { get; }

    /// <summary>The number of the first row in the step's batch; 0 outside of training.</summary>
    public long FirstRow { get; init; }

    /// <summary>The rows of the micro-batch that these are, when they were drawn of it; null: all.</summary>
    public int[]? Drawn { get; }

    /// <summary>K: how many vectors of each row the encoder gives, S when all are wanted.</summary>
    public int OutputsPerRow { get; }

    /// <summary>[B * K], int64: the positions that they are of; null when all are wanted. The last block computes nothing for others.</summary>
    public torch.Tensor? OutputPositions { get; }

    /// <summary>[B * S], int64</summary>
    public torch.Tensor Ids { get; }

    /// <summary>[B * S], int64, or null: all 0</summary>
    public torch.Tensor? Types { get; }

    /// <summary>[B * S], true where a token is padding; null when there is none</summary>
    public bool[]? Padding
    {
        get;
        init => (field, IgnoredKeys) = (value, value is null ? null : torch.tensor(value, device: Ids.device).view(Rows, 1, 1, Length));
    }

    /// <summary>[B, 1, 1, S], true where a key is padding; null when there is none</summary>
    public torch.Tensor? IgnoredKeys { get; private init; }
}
