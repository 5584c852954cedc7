using Microsoft.ML.Data;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class ScoringCursorTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [TestMethod]
    public void BatchesGrow()
    {
        var scorer = new LetterScorer("a");
        using var transformer = Transformer(scorer);
        var view = transformer.Transform(_mlContext.Data.LoadFromEnumerable(ContractRow.Make(40)));
        Assert.HasCount(40, RowValues.Of(view, "Letters"));
        Assert.AreSequenceEqual([1, 4, 13, 13, 9], scorer.Batches);
    }

    [TestMethod]
    public void ValuesThatCannotBeKeptAreReadRowByRow()
    {
        var scorer = new LetterScorer("a");
        using var transformer = Transformer(scorer);
        var data = _mlContext.Data.LoadFromEnumerable(Enumerable.Range(0, 9).Select(i => new Pictured { Text = new string('a', i), Picture = new Picture(i) }));
        var view = transformer.Transform(data);
        using var cursor = view.GetRowCursor(view.Schema);
        var (letters, picture) = (RowValues.Reader(view.Schema["Letters"], cursor), cursor.GetGetter<Picture>(view.Schema["Picture"]));
        for (var i = 0; cursor.MoveNext(); i++)
        {
            Picture value = null!;
            picture(ref value);
            Assert.AreEqual(i, value.Number);
            Assert.AreEqual($"{i}", RowValues.Text(letters()));
        }
        Assert.HasCount(9, scorer.Batches);
    }

    [TestMethod]
    public void ASecondLookAtARowDoesNotScoreItAgain()
    {
        var scorer = new LetterScorer("ab");
        using var transformer = Transformer(scorer);
        var data = _mlContext.Data.LoadFromEnumerable(ContractRow.Make(3));
        var mapper = transformer.GetRowToRowMapper(data.Schema);
        using var cursor = data.GetRowCursor(data.Schema);
        using var row = mapper.GetRow(cursor, mapper.OutputSchema);
        var read = RowValues.Reader(mapper.OutputSchema["Letters"], row);
        Assert.IsTrue(cursor.MoveNext());
        Assert.AreEqual(RowValues.Text(read()), RowValues.Text(read()));
        Assert.HasCount(1, scorer.Batches);
        Assert.IsTrue(cursor.MoveNext());
        read();
        Assert.HasCount(2, scorer.Batches);
    }

    [TestMethod]
    public void DisposingWaitsForTheBatchThatIsBeingScored()
    {
        using var scorer = new SlowScorer();
        using var transformer = new LetterTransformer(MLNetAccess.EnvironmentOf(_mlContext.Transforms), new TextColumns("Text"), "Letters", scorer);
        var scoring = Task.Run(() => transformer.Score(new TextBatch(new[] { "a".AsMemory() }), new float[1]));
        scorer.Started.Wait();
        var disposing = Task.Run(transformer.Dispose);
        Assert.IsFalse(disposing.Wait(TimeSpan.FromMilliseconds(50)));
        scorer.MayEnd.Set();
        scoring.Wait();
        disposing.Wait();
        Assert.IsTrue(scorer.Disposed);
    }

    [TestMethod]
    public void NoNumberIsTheHighest()
    {
        var data = _mlContext.Data.LoadFromEnumerable([new Keyed()]);
        var column = new PredictedLabelColumn("PredictedLabel", LabelMap.Of(data.Schema["Key"]));
        foreach (var (scores, expected) in new (float[], uint)[]
        {
            ([0.1f, 0.7f, 0.2f], 2), ([float.NaN, 0.1f, 0.2f], 3), ([float.NaN, float.NaN, float.NaN], 0), ([0.5f, 0.5f, 0], 1), ([-2, -1, -3], 2),
        })
        {
            uint key = 9;
            ((ValueGetter<uint>)column.Getter(() => scores))(ref key);
            Assert.AreEqual(expected, key, RowValues.Text(scores));
        }
    }

    private LetterTransformer Transformer(LetterScorer scorer) => new(MLNetAccess.EnvironmentOf(_mlContext.Transforms), new TextColumns("Text"), "Letters", scorer);

    private sealed class SlowScorer : ITextScorer
    {
        public ManualResetEventSlim Started { get; } = new();

        public ManualResetEventSlim MayEnd { get; } = new();

        public bool Disposed { get; private set; }

        public int Width => 1;

        public int MaxBatch => 1;

        public void Score(TextBatch texts, Span<float> scores)
        {
            Started.Set();
            MayEnd.Wait();
            Assert.IsFalse(Disposed);
        }

        public void Dispose() => Disposed = true;
    }

    private sealed record Picture(int Number);

    private sealed class PictureType() : StructuredDataViewType(typeof(Picture))
    {
        public override bool Equals(DataViewType? other) => other is PictureType;

        public override int GetHashCode() => 1;
    }

    [AttributeUsage(AttributeTargets.Property)]
    private sealed class PictureTypeAttribute : DataViewTypeAttribute
    {
        public override void Register() => DataViewTypeManager.Register(new PictureType(), typeof(Picture), this);

        public override bool Equals(DataViewTypeAttribute? other) => other is PictureTypeAttribute;

        public override int GetHashCode() => 1;
    }

    private sealed class Pictured
    {
        public string Text { get; set; } = "";

        [PictureType]
        public Picture? Picture { get; set; }
    }

    private sealed class Keyed
    {
        [KeyType(3)]
        public uint Key { get; set; }
    }
}
