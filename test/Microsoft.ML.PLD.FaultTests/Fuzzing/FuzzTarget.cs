namespace Microsoft.ML.PLD.FaultTests;

/// <summary>A parser of files that strangers may have made, and good files to begin with.</summary>
internal abstract class FuzzTarget : IDisposable
{
    private static readonly Dictionary<string, Func<string, FuzzTarget>> Makers = new()
    {
        ["safetensors"] = _ => new SafetensorsTarget(),
        ["config.json"] = _ => new ConfigTarget(),
        [FolderTarget.Name] = folder => new FolderTarget(folder),
        ["vocab.txt"] = _ => new VocabularyTarget(),
        ["tokenizer.json"] = folder => new TokenizerTarget(folder),
        ["model.safetensors.index.json"] = folder => new IndexTarget(folder),
        ["model.onnx"] = folder => new OnnxTarget(folder),
        ["token-shard"] = folder => new ShardTarget(folder),
        ["training.json"] = _ => new StateTarget(),
        ["model.zip-header"] = _ => new EntryHeaderTarget(),
        ["model.zip-entries"] = _ => new EntriesTarget(),
    };

    public static IReadOnlyCollection<string> Names => Makers.Keys;

    /// <summary>Of the inputs that the others get: a folder is the same parsers once more, and takes five times as long.</summary>
    public static double ShareOf(string name) => name == FolderTarget.Name ? 0.1 : 1;

    /// <summary>Good files. Where a parser reads several, the first byte says which of them the rest is.</summary>
    public abstract IReadOnlyList<FuzzSeed> Seeds { get; }

    /// <summary>The most bytes that may be allocated for each byte of a file.</summary>
    /// <remarks>Over all that is allocated, also what is garbage at once: memory in use at a time is less.</remarks>
    public virtual double FactorFor(byte[] input) => 4;

    /// <summary>
    /// The bytes that a parser may allocate for a file of any size: its own objects, the buffer of a stream reader, an exception with its message and the one that wraps it.
    /// </summary>
    public virtual int Allowance => 32 << 10;

    /// <summary>The tensors that the last input made: each is an object of TorchSharp and one of libtorch, whatever it holds.</summary>
    public int Tensors { get; protected set; }

    /// <summary>The bytes of the files that the parser reads besides the one that is mutated.</summary>
    public virtual int OtherBytes => 0;

    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="folder">For files of the target's own.</param>
    public static FuzzTarget Make(string name, string folder) => Makers.TryGetValue(name, out var make)
        ? make(folder)
        : throw new ArgumentException($"There is no target '{name}'; expected one of {string.Join(", ", Names)}.");

    /// <summary>Reads all there is to read in the file. Its memory is counted, and its time.</summary>
    /// <returns>What was read; disposed of after use.</returns>
    /// <exception cref="InvalidDataException">It is refused: the only exception that is documented.</exception>
    public abstract object? Parse(byte[] input);

    /// <summary>Does with what was read what an application does: it was accepted, so this must not fail.</summary>
    public virtual void Use(object parsed)
    {
    }

    public virtual void Dispose()
    {
    }
}

/// <param name="Bytes">A good file.</param>
/// <param name="Format">What it is made of.</param>
/// <param name="Prefix">The number of bytes before the file begins: see <see cref="FuzzTarget.Seeds"/>.</param>
internal sealed record FuzzSeed(byte[] Bytes, FuzzFormat Format, int Prefix = 0)
{
    /// <summary>One of several files of a target.</summary>
    public static FuzzSeed Part(int part, byte[] bytes, FuzzFormat format) => new([(byte)part, .. bytes], format, Prefix: 1);
}
