using System.Buffers.Binary;
using System.Text;
using Tensorboard;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class TensorBoardProgressTests
{
    private readonly ManualClock _clock = new();
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"pld-tensorboard-{Guid.NewGuid():N}");

    [TestCleanup]
    public void DeleteFolder()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    [TestMethod]
    public void EveryValueIsReadBackWithItsStepAndTime()
    {
        using (var board = new TensorBoardProgress(_folder, _clock))
        {
            board.Report(ProgressTextTests.Example with { Step = 7 });
            _clock.Advance(TimeSpan.FromSeconds(1.5));
            board.Report(ProgressTextTests.Example with { Step = 5_000_000_000, ValidationLoss = 6.5, ValidationAccuracy = .25, ValidationNextSentenceAccuracy = .75, TokensPerSecond = 0 });
            Assert.IsNull(board.Failure);
        }

        var events = Read(Files("Pre-training").Single());
        Assert.HasCount(3, events);
        Assert.AreEqual("brain.Event:2", events[0].FileVersion);
        Assert.AreEqual((7, 1_700_000_000.0), (events[1].Step, events[1].WallTime));
        Assert.AreEqual((5_000_000_000, 1_700_000_001.5), (events[2].Step, events[2].WallTime));
        AssertScalars(events[1],
            ("loss/train", 7.2134), ("learning_rate", 9.8e-4), ("gradient_norm", 1.5), ("layer_drop/theta", .7411), ("layer_drop/blocks_run", 10), ("tokens_per_second", 12_340.4));
        AssertScalars(events[2],
            ("loss/train", 7.2134), ("loss/validation", 6.5), ("accuracy/validation", .25), ("next_sentence_accuracy/validation", .75), ("learning_rate", 9.8e-4), ("gradient_norm", 1.5),
            ("layer_drop/theta", .7411), ("layer_drop/blocks_run", 10));
    }

    [TestMethod]
    public void AReportIsOnDiskBeforeTheEnd()
    {
        using var board = new TensorBoardProgress(_folder, _clock);
        board.Report(ProgressTextTests.Example);
        Assert.HasCount(2, Read(Files("Pre-training").Single()));
    }

    [TestMethod]
    public void EachStageAndEachRepetitionIsARunOfItsOwn()
    {
        using (var board = new TensorBoardProgress(_folder, _clock))
            foreach (var (stage, step) in new[] { ("Pre-training", 1), ("Fine-tuning", 1), ("Fine-tuning", 2), ("Fine-tuning", 1), ("a/b", 1) })
                board.Report(ProgressTextTests.Example with { Stage = stage, Step = step });
        CollectionAssert.AreEquivalent(
            new[] { "Pre-training", "Fine-tuning", "Fine-tuning 2", "a_b" }, Directory.GetDirectories(_folder).Select(Path.GetFileName).ToArray());
        Assert.HasCount(3, Read(Files("Fine-tuning").Single()));
        Assert.HasCount(2, Read(Files("Fine-tuning 2").Single()));
    }

    [TestMethod]
    public void AFolderThatCannotBeMadeIsRefusedAtOnce()
    {
        Directory.CreateDirectory(_folder);
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        StringAssert.Contains(Assert.Throws<IOException>(() => new TensorBoardProgress(file)).Message, file);
    }

    [TestMethod]
    public void AWriteThatFailsDoesNotStopTheTraining()
    {
        using var board = new TensorBoardProgress(_folder, _clock);
        File.WriteAllText(Path.Combine(_folder, "Pre-training"), "in the way of the run's folder");
        board.Report(ProgressTextTests.Example);
        board.Report(ProgressTextTests.Example);
        Assert.IsInstanceOfType<IOException>(board.Failure);
    }

    [TestMethod]
    public void ChecksumsAreThoseOfTheStandard() // RFC 3720, B.4: CRC-32C of 32 zero bytes; "123456789" is the catalogue's check value
    {
        Assert.AreEqual(Masked(0x8a9136aa), EventFile.MaskedCrc(new byte[32]));
        Assert.AreEqual(Masked(0xe3069283), EventFile.MaskedCrc(Encoding.ASCII.GetBytes("123456789")));

        static uint Masked(uint crc) => ((crc >> 15) | (crc << 17)) + 0xa282ead8;
    }

    private string[] Files(string run) => Directory.GetFiles(Path.Combine(_folder, run), "events.out.tfevents.*");

    private static void AssertScalars(Event record, params (string Tag, double Value)[] expected) =>
        CollectionAssert.AreEqual(
            expected.Select(scalar => (scalar.Tag, (float)scalar.Value)).ToArray(),
            record.Summary.Value.Select(value => (value.Tag, value.SimpleValue)).ToArray());

    private static List<Event> Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var events = new List<Event>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
            Assert.AreEqual(EventFile.MaskedCrc(bytes.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)), "the length's checksum");
            var data = bytes.AsSpan(at + 12, length).ToArray();
            Assert.AreEqual(EventFile.MaskedCrc(data), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)), "the data's checksum");
            events.Add(Event.Parser.ParseFrom(data));
            at += 12 + length + 4;
        }
        return events;
    }
}
