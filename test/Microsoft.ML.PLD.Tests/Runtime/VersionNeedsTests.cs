using System.Buffers.Binary;
using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class VersionNeedsTests
{
    private const int StringsAt = 64, NeedsAt = 112, SectionsAt = 160;

    // One library needed, with the versions V_2 and V_1; the sections are null, .gnu.version_r, .dynstr.
    private static byte[] TinyLibrary()
    {
        var elf = new byte[SectionsAt + 3 * 64];
        "\u007fELF\u0002\u0001"u8.CopyTo(elf);
        U64(40, SectionsAt);
        U16(58, 64);
        U16(60, 3);
        "\0libstdc++.so.6\0V_1\0V_2\0"u8.CopyTo(elf.AsSpan(StringsAt)); // at 1, 16, 20
        U16(NeedsAt, 1);
        U16(NeedsAt + 2, 2);   // two versions
        U32(NeedsAt + 4, 1);   // of the library named at 1
        U32(NeedsAt + 8, 16);  // the first stands 16 bytes on
        U32(NeedsAt + 16, VersionNeeds.Hash("V_2"));
        U32(NeedsAt + 24, 20);
        U32(NeedsAt + 28, 16);
        U32(NeedsAt + 32, VersionNeeds.Hash("V_1"));
        U32(NeedsAt + 40, 16);
        Section(1, 0x6ffffffe, NeedsAt, 48, link: 2);
        Section(2, 3, StringsAt, 24, link: 0);
        return elf;

        void Section(int number, uint type, ulong offset, ulong size, uint link)
        {
            var at = SectionsAt + 64 * number;
            U32(at + 4, type);
            U64(at + 24, offset);
            U64(at + 32, size);
            U32(at + 40, link);
        }
        void U16(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(at), value);
        void U32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(at), value);
        void U64(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(at), value);
    }

    [TestMethod]
    [DataRow("GLIBC_2.2.5", 0x09691a75u)]
    [DataRow("GLIBCXX_3.4", 0x08922974u)]
    [DataRow("", 0u)]
    public void HashIsThatOfTheSystemVInterface(string name, uint expected) => Assert.AreEqual(expected, VersionNeeds.Hash(name));

    [TestMethod]
    public void ReplacesTheHashAndTheNameAndNothingElse()
    {
        var expected = TinyLibrary();
        BinaryPrimitives.WriteUInt32LittleEndian(expected.AsSpan(NeedsAt + 16), VersionNeeds.Hash("V_1"));
        BinaryPrimitives.WriteUInt32LittleEndian(expected.AsSpan(NeedsAt + 24), 16);
        CollectionAssert.AreEqual(expected, VersionNeeds.Replace(TinyLibrary(), "V_2", "V_1"));
    }

    [TestMethod]
    public void NullUnlessBothVersionsAreNamed()
    {
        Assert.IsNull(VersionNeeds.Replace(TinyLibrary(), "V_3", "V_1"));
        Assert.IsNull(VersionNeeds.Replace(TinyLibrary(), "V_2", "V_3"));
        Assert.IsNull(VersionNeeds.Replace(TinyLibrary(), "V_", "V_1"));
        Assert.IsNull(VersionNeeds.Replace([], "V_2", "V_1"));
    }

    [TestMethod]
    public void OfTheRealLibraryTwoWordsChange()
    {
        if (!OperatingSystem.IsLinux()) Assert.Inconclusive("The library is an ELF file on Linux only.");
        var original = File.ReadAllBytes(NativeSearch.Find(NativeSearch.Folders(), "LibTorchSharp")!);

        var mended = VersionNeeds.Replace(original, "GLIBCXX_3.4.32", "GLIBCXX_3.4.30")!;

        Assert.HasCount(original.Length, mended);
        var changedWords = Enumerable.Range(0, original.Length / 4).Where(word =>
            !original.AsSpan(4 * word, 4).SequenceEqual(mended.AsSpan(4 * word, 4))).Select(word => 4 * word).ToArray();
        Assert.HasCount(2, changedWords);
        Assert.AreEqual(8, changedWords[1] - changedWords[0], "vna_hash and vna_name are 8 bytes apart");
        Assert.AreEqual(VersionNeeds.Hash("GLIBCXX_3.4.32"), BinaryPrimitives.ReadUInt32LittleEndian(original.AsSpan(changedWords[0])));
        Assert.AreEqual(VersionNeeds.Hash("GLIBCXX_3.4.30"), BinaryPrimitives.ReadUInt32LittleEndian(mended.AsSpan(changedWords[0])));
        Assert.IsNull(VersionNeeds.Replace(mended, "GLIBCXX_3.4.32", "GLIBCXX_3.4.30"), "the demand is gone");
    }

    [TestMethod]
    public void EveryTruncationGivesNull()
    {
        var whole = TinyLibrary();
        for (var length = 0; length < whole.Length; length++) // the section headers stand last
            Assert.IsNull(VersionNeeds.Replace(whole.AsSpan(0, length), "V_2", "V_1"), $"{length} bytes");
    }

    [TestMethod]
    public void EveryByteMayBeAnyValue()
    {
        var whole = TinyLibrary();
        for (var at = 0; at < whole.Length; at++)
            for (var value = 0; value < 256; value++)
            {
                var damaged = (byte[])whole.Clone();
                damaged[at] = (byte)value;
                AssertSurvives(damaged);
            }
    }

    [TestMethod]
    public void HostileNumbersAnywhereDoNoHarm()
    {
        var numbers = Gen.OneOf<ulong>(
            Gen.OneOf<ulong>(0UL, 1, 15, 16, 64, int.MaxValue - 15, int.MaxValue, 0x80000000, uint.MaxValue - 15, uint.MaxValue, 0xFFFFFFFF_FFFFFFF0, ulong.MaxValue),
            Gen.ULong);
        Gen.Select(Gen.Int[0, TinyLibrary().Length - 8], numbers, Gen.OneOf(2, 4, 8)).Array[1, 4].Sample(changes =>
        {
            var damaged = TinyLibrary();
            Span<byte> word = stackalloc byte[8];
            foreach (var (at, number, width) in changes)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(word, number);
                word[..width].CopyTo(damaged.AsSpan(at));
            }
            AssertSurvives(damaged);
        }, iter: 20_000);
    }

    [TestMethod]
    [Timeout(20_000, CooperativeCancellation = true)]
    public void ChainsThatOverlapEnd()
    {
        // Every 16 bytes a library that claims 65,535 versions, itself among them: 2^31 visits if each were believed.
        const int Entries = 1 << 16, SectionsAt = 64 + 16 * Entries;
        var elf = new byte[SectionsAt + 128];
        "\u007fELF\u0002\u0001"u8.CopyTo(elf);
        BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(40), SectionsAt);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(58), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(60), 2);
        for (var at = 64; at < SectionsAt; at += 16)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(at + 2), ushort.MaxValue);
            BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(at + 12), 16);
        }
        BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(SectionsAt + 68), 0x6ffffffe);
        BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(SectionsAt + 88), 64);
        BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(SectionsAt + 96), 16UL * Entries);
        BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(SectionsAt + 104), 1);
        AssertSurvives(elf);
    }

    private static void AssertSurvives(byte[] library)
    {
        var copy = VersionNeeds.Replace(library, "V_2", "V_1");
        if (copy is not null) Assert.HasCount(library.Length, copy);
    }
}
