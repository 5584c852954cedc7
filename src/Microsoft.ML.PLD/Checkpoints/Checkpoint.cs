using System.Security.Cryptography;

namespace Microsoft.ML.PLD;

/// <summary>A folder from which a run can go on: a model folder in Hugging Face's layout, the optimizer's state, where the run stands, and checksums of all.</summary>
/// <param name="Path">The folder.</param>
/// <param name="State">Where the run stands.</param>
internal sealed record Checkpoint(string Path, TrainingState State)
{
    private const string Optimizer = "optimizer.safetensors", Training = "training.json";

    private static readonly string[] Files = [.. PretrainedFolder.Files, Optimizer, Training];

    /// <summary>Writes a checkpoint, whole or not at all.</summary>
    public static void Write(string path, Snapshot snapshot) => AtomicFolder.Write(path, folder =>
    {
        var hashes = new Dictionary<string, byte[]>();
        void Add(string name, Action<Stream> write) => AtomicFile.Write(System.IO.Path.Combine(folder, name), stream =>
        {
            using var hash = SHA256.Create();
            using (var hashing = new CryptoStream(stream, hash, CryptoStreamMode.Write, leaveOpen: true)) write(hashing);
            hashes[name] = hash.Hash!;
        });
        PretrainedFolder.Write(snapshot.Network, snapshot.Weights, Add);
        Add(Optimizer, stream => SafetensorsWriter.Write(stream, snapshot.Optimizer));
        Add(Training, snapshot.State.Write);
        Checksums.Write(folder, hashes);
    });

    /// <summary>Opens a checkpoint after checking every byte of it.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or none.</exception>
    public static Checkpoint Open(string path)
    {
        Checksums.Verify(path, Files);
        var training = System.IO.Path.Combine(path, Training);
        using var stream = File.OpenRead(training);
        return new Checkpoint(path, TrainingState.Read(stream, training));
    }

    /// <summary>Where the run stands, unchecked; null when that cannot be read.</summary>
    public static TrainingState? Peek(string path)
    {
        try
        {
            var training = System.IO.Path.Combine(path, Training);
            using var stream = File.OpenRead(training);
            return TrainingState.Read(stream, training);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Overwrites weights and optimizer.</summary>
    /// <exception cref="InvalidDataException">They are not those of this network.</exception>
    public void Restore(NetworkDescription network, ParameterStore weights, AdamW optimizer)
    {
        RestoreWeights(network, weights);
        OptimizerTensors.ReadInto(optimizer, System.IO.Path.Combine(Path, Optimizer));
    }

    /// <inheritdoc cref="Restore"/>
    public void RestoreWeights(NetworkDescription network, ParameterStore weights) => PretrainedFolder.ReadWeights(Path, network, weights);
}
