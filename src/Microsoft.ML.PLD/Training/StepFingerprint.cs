using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.PLD;

/// <summary>A number that tells steps from others: ranks that have another one would add up what does not belong together.</summary>
internal static class StepFingerprint
{
    /// <summary>Of a run: all that its result depends on, its data among it.</summary>
    public static ulong Of(IEnumerable<KeyValuePair<string, string>> options) =>
        Of(Encoding.UTF8.GetBytes(string.Join('\n', options.Select(option => $"{option.Key}={option.Value}").Order(StringComparer.Ordinal))));

    /// <summary>Of a step of a run.</summary>
    /// <param name="run">As <see cref="Of(IEnumerable{KeyValuePair{string, string}})"/>.</param>
    /// <param name="state">Before the step.</param>
    /// <param name="plan">What all ranks run; null: each has plans of its own.</param>
    public static ulong Of(ulong run, TrainingState state, LayerPlan? plan) =>
        Of(MemoryMarshal.AsBytes<double>([BitConverter.UInt64BitsToDouble(run), state.Step, .. plan?.Runs.SelectMany(Numbers) ?? []]));

    /// <summary>Makes sure that all ranks are about to do the same.</summary>
    /// <exception cref="InvalidOperationException">They are not.</exception>
    public static void Agree(ICollective ranks, ulong fingerprint)
    {
        // Only equal numbers have a mean whose square is the mean of their squares. Of so many bits, these sums over a thousand ranks are exact.
        const ulong bits = (1 << 20) - 1;
        var own = (long)(fingerprint & bits);
        long[] sums = [own, own * own];
        ranks.Sum<long>(sums);
        if (sums[0] * sums[0] != sums[1] * ranks.Size)
            throw new InvalidOperationException("The ranks of the job do not train the same: their options, text or programs differ. Give all of them the same, and a seed to whatever the program draws itself.");
    }

    private static IEnumerable<double> Numbers(BlockRun run) => [run.Block, run.Scale, run.IsTrained ? 1 : 0, run.IsForwardOnly ? 1 : 0, run.Subset?.Share ?? 1];

    private static ulong Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }
}
