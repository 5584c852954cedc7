using CsCheck;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>A kind of file: how to change one so that it stays almost what it should be.</summary>
internal abstract class FuzzFormat
{
    /// <summary>Changes a file in one way.</summary>
    /// <param name="bytes">The file; not changed itself.</param>
    /// <param name="other">Another one of the same kind.</param>
    /// <param name="random">The same numbers give the same change.</param>
    public abstract byte[] Mutate(byte[] bytes, byte[] other, PCG random);

    /// <summary>Sets checksums and lengths right, as an attacker would, so that what lies behind their checks is reached.</summary>
    public virtual byte[] Mend(byte[] bytes) => bytes;
}
