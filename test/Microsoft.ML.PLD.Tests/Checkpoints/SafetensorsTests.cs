using System.IO.Compression;
using System.Text;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class SafetensorsTests
{
    private static readonly ScalarType[] Types =
    [
        ScalarType.Float32, ScalarType.BFloat16, ScalarType.Float16, ScalarType.Int64, ScalarType.Float64,
        ScalarType.Int32, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte,
    ];

    private DisposeScope _scope = null!;
    private string _folder = "";

    [TestInitialize]
    public void Begin()
    {
        TorchRuntime.EnsureLoaded();
        _scope = NewDisposeScope();
        _folder = Directory.CreateTempSubdirectory("pld-tests-").FullName;
    }

    [TestCleanup]
    public void End()
    {
        _scope.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // By hand: 1 = 0x3F800000, -2 = 0xC0000000; in bfloat16 1.5 = 0x3FC0. Large elements first, then by name.
    private static byte[] GoldenBytes()
    {
        const string Header = """
            {"__metadata__":{"format":"pt"},"b":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"ü":{"dtype":"BF16","shape":[1,1],"data_offsets":[16,18]}}
            """;
        return
        [
            200, 0, 0, 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(Header.PadRight(199)), // 'ü' takes two bytes
            7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 0xC0, 0x3F,
        ];
    }

    private static Dictionary<string, Tensor> GoldenTensors() => new()
    {
        ["ü"] = tensor([1.5f]).view(1, 1).to(bfloat16),
        ["a"] = tensor([1f, -2f]),
        ["b"] = tensor(7L),
    };

    [TestMethod]
    public void WritesTheGoldenBytes()
    {
        var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, GoldenTensors(), new Dictionary<string, string> { ["format"] = "pt" });
        Assert.AreEqual(Encoding.UTF8.GetString(GoldenBytes()), Encoding.UTF8.GetString(stream.ToArray()));
        CollectionAssert.AreEqual(GoldenBytes(), stream.ToArray());
    }

    [TestMethod]
    public void ReadsTheGoldenBytesAndListsThemFirst()
    {
        using var reader = new SafetensorsReader(new MemoryStream(GoldenBytes()), "golden");
        CollectionAssert.AreEqual(new[] { "b", "a", "ü" }, reader.Entries.Select(entry => entry.Name).ToArray());
        CollectionAssert.AreEqual(new[] { "I64", "F32", "BF16" }, reader.Entries.Select(entry => entry.Type.Name).ToArray());
        CollectionAssert.AreEqual(new long[] { 1, 1 }, reader.Entries[2].Shape);
        Assert.AreEqual("pt", reader.Metadata["format"]);
        CollectionAssert.AreEqual(new[] { 1f, -2f }, reader.Read("a").data<float>().ToArray());
        Assert.AreEqual(7L, reader.Read("b").item<long>());
        Assert.AreEqual(1.5f, reader.Read("ü").to(float32).item<float>());
    }

    [TestMethod]
    public void AnythingWrittenIsReadBackBitForBit() =>
        Gen.Select(Gen.Int[0, Types.Length - 1], Gen.Int[0, 5].Array[0, 4], Gen.String, Gen.Byte).Array[0, 6].Sample(drawn =>
        {
            using var scope = NewDisposeScope();
            var tensors = new Dictionary<string, Tensor>();
            foreach (var (type, shape, name, fill) in drawn)
            {
                var tensor = empty([.. shape.Select(size => (long)size)], dtype: Types[type]);
                for (var i = 0; i < tensor.bytes.Length; i++) tensor.bytes[i] = (byte)(fill + i * 37); // any bits, NaN among them
                tensors[string.Concat(name.Where(c => !char.IsSurrogate(c)))] = tensor;
            }
            var stream = new MemoryStream();
            SafetensorsWriter.Write(stream, tensors);

            foreach (var seekable in new[] { true, false })
            {
                using var reader = Reader(stream.ToArray(), seekable);
                var read = reader.ReadAll();
                CollectionAssert.AreEquivalent(tensors.Keys, read.Keys);
                foreach (var (name, tensor) in tensors) AssertSame(tensor, read[name]);
            }
        }, iter: 300, threads: 1);

    [TestMethod]
    public void ALongTensorIsWrittenAndReadInPieces()
    {
        var tensor = arange((64 << 20) + 3, ScalarType.Int32).to(uint8);
        var path = Path.Combine(_folder, "long");
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { ["long"] = tensor });
        using (var reader = SafetensorsReader.Open(path)) Assert.IsTrue(reader.Read("long").equal(tensor).all().item<bool>());
        using (var reader = new SafetensorsReader(new StrictStream(File.OpenRead(path)), "forward"))
            Assert.IsTrue(reader.Read("long").equal(tensor).all().item<bool>());
    }

    [TestMethod]
    public void ViewsAreWrittenAsTheyLook()
    {
        var matrix = arange(12, float32).view(3, 4);
        var read = WriteAndRead(new() { ["transposed"] = matrix.t(), ["row"] = matrix[1], ["column"] = matrix.narrow(1, 2, 1) });
        foreach (var (name, expected) in new[] { ("transposed", matrix.t()), ("row", matrix[1]), ("column", matrix.narrow(1, 2, 1)) })
            AssertSame(expected.contiguous(), read[name]);
    }

    [TestMethod]
    public void ParametersAreOverwrittenWhereTheyAre()
    {
        using var parameter = new TorchSharp.Modules.Parameter(zeros(2));
        var address = parameter.detach();
        using var reader = new SafetensorsReader(new MemoryStream(GoldenBytes()), "golden");
        reader.ReadInto(new Dictionary<string, Tensor> { ["a"] = parameter });
        CollectionAssert.AreEqual(new[] { 1f, -2f }, address.data<float>().ToArray());
        Assert.IsTrue(parameter.requires_grad && parameter.is_leaf);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void TargetsMayHaveAnotherFloatingPointTypeAndLayout(bool seekable)
    {
        var (wide, strided) = (zeros(1, 1), zeros(2, 2, dtype: float64));
        using var reader = Reader(GoldenBytes(), seekable);
        reader.ReadInto(new Dictionary<string, Tensor> { ["ü"] = wide, ["a"] = strided.t()[0] });
        Assert.AreEqual(1.5f, wide.item<float>());
        CollectionAssert.AreEqual(new[] { 1.0, 0, -2, 0 }, strided.data<double>().ToArray());
    }

    [TestMethod]
    public void WhatDoesNotFitIsNamedAndNothingIsOverwritten()
    {
        foreach (var (name, target, expected) in new (string, Tensor, string)[]
        {
            ("missing", zeros(2), "it has no tensor 'missing'"),
            ("a", zeros(3), "tensor 'a' has the shape [2]; expected [3]"),
            ("a", zeros(2, 1), "tensor 'a' has the shape [2]; expected [2, 1]"),
            ("a", zeros(2, dtype: int64), "tensor 'a' is of dtype F32; expected I64"),
            ("b", zeros([], dtype: float32), "tensor 'b' is of dtype I64; expected F32"),
        })
        {
            var untouched = zeros(1, 1);
            using var reader = new SafetensorsReader(new MemoryStream(GoldenBytes()), "some file");
            var failure = Assert.ThrowsExactly<InvalidDataException>(() => reader.ReadInto(new Dictionary<string, Tensor> { ["ü"] = untouched, [name] = target }));
            Assert.AreEqual($"'some file' is not the safetensors file expected: {expected}.", failure.Message);
            Assert.AreEqual(0f, untouched.item<float>());
        }
    }

    [TestMethod]
    public void AnEntryOfAZipArchiveIsReadAsItComes()
    {
        var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        using (var entry = archive.CreateEntry("weights").Open())
            SafetensorsWriter.Write(entry, GoldenTensors());
        using var read = new ZipArchive(zip);
        using var reader = new SafetensorsReader(read.GetEntry("weights")!.Open(), "model.zip");
        var tensors = reader.ReadAll();
        foreach (var (name, tensor) in GoldenTensors()) AssertSame(tensor, tensors[name]);
    }

    [TestMethod]
    public void ForwardOnlyTensorsComeInTheirOrder()
    {
        using var reader = Reader(GoldenBytes(), seekable: false);
        Assert.AreEqual(1.5f, reader.Read("ü").to(float32).item<float>());
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => reader.Read("a")).Message, "'a'");
    }

    [TestMethod]
    public void EveryTruncationIsFoundAndNamed()
    {
        var whole = GoldenBytes();
        for (var length = 0; length < whole.Length; length++)
            foreach (var seekable in new[] { true, false })
            {
                var failure = Assert.ThrowsExactly<InvalidDataException>(() =>
                {
                    using var reader = Reader(whole[..length], seekable);
                    reader.ReadAll();
                }, $"{length} bytes");
                StringAssert.StartsWith(failure.Message, "'bytes' is not the safetensors file expected: ");
            }
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void EveryByteMayBeDamaged(bool seekable)
    {
        var whole = GoldenBytes();
        var refused = 0;
        for (var at = 0; at < whole.Length; at++)
            foreach (var value in new[] { whole[at] ^ 1, whole[at] ^ 128, whole[at] + 1, whole[at] - 1, 0, 255, '"', '{', '9', ' ' })
            {
                var damaged = (byte[])whole.Clone();
                damaged[at] = (byte)value;
                using var scope = NewDisposeScope();
                try
                {
                    using var reader = Reader(damaged, seekable);
                    Assert.AreEqual(18, reader.ReadAll().Values.Sum(tensor => tensor.bytes.Length)); // a name or a value may differ, no byte is lost
                }
                catch (InvalidDataException)
                {
                    refused++;
                }
            }
        Assert.IsGreaterThan(1000, refused);
    }

    [TestMethod]
    public void MoreBytesThanDescribedAreNoticed()
    {
        foreach (var seekable in new[] { true, false })
            Assert.ThrowsExactly<InvalidDataException>(() =>
            {
                using var reader = Reader([.. GoldenBytes(), 0], seekable);
                reader.ReadAll();
            });
    }

    [TestMethod]
    [DataRow("[]", "does not begin with '{'")]
    [DataRow(" {}", "does not begin with '{'")]
    [DataRow("{\"a\"", "not the JSON expected")]
    [DataRow("{} {}", "not the JSON expected")]
    [DataRow("""{"a":1}""", "tensor 'a' is not an object")]
    [DataRow("""{"a":{}}""", "tensor 'a' has no dtype")]
    [DataRow("""{"a":{"dtype":3,"shape":[],"data_offsets":[0,8]}}""", "tensor 'a' has no dtype")]
    [DataRow("""{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", "tensor 'a' is of dtype 'F8_E4M3'; expected one of F64, F32")]
    [DataRow("""{"a":{"dtype":"F32","data_offsets":[0,8]}}""", "tensor 'a' has no shape")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2]}}""", "tensor 'a' has no data_offsets")]
    [DataRow("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "tensor 'a' has the impossible shape [-2]")]
    [DataRow("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", "impossible shape")]
    [DataRow("""{"a":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}}""", "impossible shape")]
    [DataRow("""{"a":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,8]}}""", "impossible shape")]
    [DataRow("""{"a":{"dtype":"F32","shape":[1e30],"data_offsets":[0,8]}}""", "tensor 'a' has shape with '1e30' instead of a whole number")]
    [DataRow("""{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""", "instead of a whole number")]
    [DataRow("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "tensor 'a' has 8 bytes, but its shape [3] of F32 takes 12")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "not a begin and an end")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", "not a begin and an end")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", "not a begin and an end")]
    [DataRow("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "tensor 'a' begins at byte 4 of the data, but the one before it ends at 0")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "tensor 'b' begins at byte 4")]
    [DataRow("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "it has 'a' twice")]
    [DataRow("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "it has 'a' twice")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}""", "Tensor 'a' has a property twice")]
    [DataRow("""{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "Tensor 'a' has a property twice")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"data_offsets":[0,8]}}""", "Tensor 'a' has a property twice")]
    [DataRow("""{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}""", "with more than 64 numbers")]
    [DataRow("""{"__metadata__":{"x":"a","x":"b"}}""", "'__metadata__' has 'x' twice")]
    [DataRow("""{"a":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}}""", "not the JSON expected")]
    [DataRow("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "its header describes 4 bytes of tensors, but 8 follow")]
    [DataRow("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "its header describes 16 bytes of tensors, but 8 follow")]
    [DataRow("""{"__metadata__":3}""", "'__metadata__' is not an object")]
    [DataRow("""{"__metadata__":{"x":3}}""", "'__metadata__' has 'x' that is not text")]
    public void ABadHeaderIsRefusedWithTheReason(string header, string expected) =>
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Reader(WithHeader(header), seekable: true).Dispose()).Message, expected);

    [TestMethod]
    public void ADeepHeaderOrOneThatIsNotUnicodeIsRefused()
    {
        foreach (var header in new[] { "{\"a\":" + new string('[', 100_000), "{\"a\xFF\":{}}", "{\"\\uD800\":{}}" })
            Assert.ThrowsExactly<InvalidDataException>(() => Reader(WithHeader(header), seekable: true).Dispose());
    }

    [TestMethod]
    public void NoMemoryIsTakenForWhatIsOnlyClaimed()
    {
        foreach (var claim in new[] { ulong.MaxValue, SafetensorsHeader.MaxBytes + 1UL, (ulong)SafetensorsHeader.MaxBytes, 1UL, 0UL })
            foreach (var seekable in new[] { true, false })
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                Assert.ThrowsExactly<InvalidDataException>(() => Reader([.. BitConverter.GetBytes(claim), .. "{}"u8], seekable).Dispose());
                Assert.IsLessThan(256 << 10, GC.GetAllocatedBytesForCurrentThread() - before); // with the exceptions
            }
        // A tensor of 4 EB: a stream that cannot be measured is read until it ends.
        using var reader = Reader(WithHeader("""{"a":{"dtype":"U8","shape":[4611686018427387904],"data_offsets":[0,4611686018427387904]}}"""), seekable: false);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => reader.ReadAll()).Message, "tensor 'a'");

        // And in pieces that begin small: 64 MB must not be taken for a file of some bytes.
        var stream = new AskedStream([.. Enumerable.Repeat((byte)7, 100_000)]);
        Assert.ThrowsExactly<EndOfStreamException>(() => TensorBytes.ReadNew(uint8, 1L << 40, 1, stream));
        Assert.IsLessThanOrEqualTo(64 << 10, stream.FirstAsked);
        Assert.IsLessThanOrEqualTo(200_000, stream.MostAsked);
    }

    [TestMethod]
    public void AFailedReadLeavesNoTensorsBehind()
    {
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        Assert.ThrowsExactly<InvalidDataException>(() => Reader(GoldenBytes()[..^1], seekable: false).ReadAll());
        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void AFullDiskLeavesTheOldFile()
    {
        var path = Path.Combine(_folder, "model.safetensors");
        SafetensorsWriter.Write(path, GoldenTensors());
        var old = File.ReadAllBytes(path);
        for (long room = 0; room < old.Length; room += 10)
            Assert.ThrowsExactly<IOException>(() => AtomicFile.Write(path, stream => SafetensorsWriter.Write(new StrictStream(stream, room), GoldenTensors())));
        CollectionAssert.AreEqual(old, File.ReadAllBytes(path));
        Assert.HasCount(1, Directory.GetFiles(_folder));
    }

    [TestMethod]
    public void WhatTheFormatCannotHoldIsRefusedBeforeAnythingIsWritten()
    {
        foreach (var (name, tensor, expected) in new (string, Tensor, string)[]
        {
            ("wave", zeros(2, dtype: complex64), "Tensor 'wave' is of type ComplexFloat32"),
            ("__metadata__", zeros(2), "'__metadata__'"),
            ("half\uD800", zeros(2), "cannot be"),
        })
        {
            var stream = new MemoryStream();
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() =>
                SafetensorsWriter.Write(stream, new Dictionary<string, Tensor> { [name] = tensor })).Message, expected);
            Assert.AreEqual(0, stream.Length);
        }
    }

    private static SafetensorsReader Reader(byte[] bytes, bool seekable) =>
        new(seekable ? new MemoryStream(bytes) : new StrictStream(new MemoryStream(bytes)), "bytes");

    private static byte[] WithHeader(string header)
    {
        var json = Encoding.Latin1.GetBytes(header);
        return [.. BitConverter.GetBytes((long)json.Length), .. json, 1, 2, 3, 4, 5, 6, 7, 8];
    }

    private static Dictionary<string, Tensor> WriteAndRead(Dictionary<string, Tensor> tensors)
    {
        var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, tensors);
        using var reader = Reader(stream.ToArray(), seekable: true);
        return reader.ReadAll();
    }

    private static void AssertSame(Tensor expected, Tensor actual)
    {
        Assert.AreEqual(expected.dtype, actual.dtype);
        CollectionAssert.AreEqual(expected.shape, actual.shape);
        Assert.IsTrue(expected.bytes.SequenceEqual(actual.bytes));
    }

    /// <summary>Knows how much was asked of it at once.</summary>
    private sealed class AskedStream(byte[] bytes) : MemoryStream(bytes)
    {
        public int FirstAsked { get; private set; }
        public int MostAsked { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            if (FirstAsked == 0) FirstAsked = buffer.Length;
            MostAsked = Math.Max(MostAsked, buffer.Length);
            return base.Read(buffer);
        }
    }
}
