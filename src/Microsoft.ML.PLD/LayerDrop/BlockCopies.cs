namespace Microsoft.ML.PLD;

/// <summary>What the optimizer knows of a block whose weights have become those of another.</summary>
public enum CopiedState
{
    /// <summary>The moments and the number of updates of the block that the weights come from.</summary>
    Copied,

    /// <summary>Nothing, as at the start of a run.</summary>
    Reset,
}

/// <summary>Blocks take over the weights of others, as they were before any of them did.</summary>
public sealed class BlockCopies
{
    /// <summary>Makes a map.</summary>
    /// <param name="sources">For each block of the encoder, the one below it whose weights it takes; its own number: it stays as it is. Encoders grow upwards.</param>
    /// <param name="state">What the optimizer knows of blocks that take others' weights.</param>
    /// <exception cref="ArgumentException">A source is not the block itself or one below it.</exception>
    public BlockCopies(IEnumerable<int> sources, CopiedState state = CopiedState.Copied)
    {
        Sources = [.. sources];
        State = state;
        for (var block = 0; block < Sources.Count; block++)
            if (Sources[block] < 0 || Sources[block] > block)
                throw new ArgumentException($"Block {block} takes the weights of block {Sources[block]}; expected 0 to {block}.", nameof(sources));
    }

    /// <summary>For each block, the one whose weights it takes.</summary>
    public IReadOnlyList<int> Sources { get; }

    /// <summary>What the optimizer knows of blocks that take others' weights.</summary>
    public CopiedState State { get; }

    /// <summary>These copies, and after them others, as one.</summary>
    /// <param name="next">Made of what these leave. When one of both resets what the optimizer knows, both do.</param>
    internal BlockCopies Then(BlockCopies next) => new(
        next.Sources.Select(source => Sources[source]), State == CopiedState.Reset || next.State == CopiedState.Reset ? CopiedState.Reset : CopiedState.Copied);
}
