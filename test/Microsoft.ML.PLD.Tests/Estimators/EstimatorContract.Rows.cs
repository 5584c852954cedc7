using Microsoft.ML.Data;

namespace Microsoft.ML.PLD.Tests;

public abstract partial class EstimatorContract<TTransformer>
{
    [TestMethod]
    public void RowMapperGivesWhatCursorsGive()
    {
        var data = Data();
        var mapper = Transformer.GetRowToRowMapper(data.Schema);
        var active = RowValues.Columns(mapper.OutputSchema, NumberAndAdded());
        using var cursor = data.GetRowCursor(mapper.GetDependencies(active));
        using var row = mapper.GetRow(cursor, active);
        var readers = active.Select(column => RowValues.Reader(column, row)).ToArray();
        var values = new List<object?[]>();
        while (cursor.MoveNext())
        {
            Assert.AreEqual(cursor.Position, row.Position);
            values.Add([.. readers.Select(read => read())]);
        }
        RowValues.AssertEqual(Shared.Values, values, Tolerance);
    }

    [TestMethod]
    public void DependenciesAreTheTextsAndWhatPasses()
    {
        var mapper = Transformer.GetRowToRowMapper(Data().Schema);
        Assert.AreEqual(nameof(ContractRow.Extra), mapper.GetDependencies([mapper.OutputSchema[nameof(ContractRow.Extra)]]).Single().Name);
        string?[] texts = [Transformer.Texts.First, Transformer.Texts.Second];
        Assert.AreSequenceEqual(
            texts.OfType<string>().Order(),
            mapper.GetDependencies([mapper.OutputSchema[Added()[0]]]).Select(column => column.Name).Order());
    }

    [TestMethod]
    public void CursorSetsReadTogetherAreACompletePartition()
    {
        var view = Transformer.Transform(MLContext.Data.Cache(Data()));
        var cursors = view.GetRowCursorSet(RowValues.Columns(view.Schema, NumberAndAdded()), 3);
        Assert.IsGreaterThan(1, cursors.Length);
        var parts = new List<object?[]>[cursors.Length];
        Parallel.For(0, cursors.Length, new ParallelOptions { MaxDegreeOfParallelism = cursors.Length }, i =>
        {
            using var cursor = cursors[i];
            parts[i] = RowValues.Of(cursor, NumberAndAdded());
        });
        RowValues.AssertEqual(Shared.Values, [.. parts.SelectMany(part => part).OrderBy(row => (int)row[0]!)], Tolerance);
    }

    [TestMethod]
    public void SeveralCursorsAtOnceDoNotDisturbEachOther()
    {
        var view = Transformer.Transform(Data());
        var columns = RowValues.Columns(view.Schema, NumberAndAdded());
        using var first = view.GetRowCursor(columns);
        using var second = view.GetRowCursor(columns);
        var readers = new[] { first, second }.Select(cursor => columns.Select(column => RowValues.Reader(column, cursor)).ToArray()).ToArray();
        for (var row = 0; row < 20; row++)
        {
            Assert.IsTrue(first.MoveNext());
            RowValues.AssertEqual([Shared.Values[row]], [[.. readers[0].Select(read => read())]], Tolerance);
            if (row % 2 == 1) continue; // falls behind
            Assert.IsTrue(second.MoveNext());
            RowValues.AssertEqual([Shared.Values[row / 2]], [[.. readers[1].Select(read => read())]], Tolerance);
        }
    }

    [TestMethod]
    public void ShufflingChangesTheOrderOnly()
    {
        var cached = MLContext.Data.Cache(Data());
        var view = Transformer.Transform(cached);
        Assert.AreEqual(cached.CanShuffle, view.CanShuffle);
        using var cursor = view.GetRowCursor(RowValues.Columns(view.Schema, NumberAndAdded()), new Random(3));
        var shuffled = RowValues.Of(cursor, NumberAndAdded());
        Assert.AreNotSequenceEqual(Enumerable.Range(0, Rows), shuffled.Select(row => (int)row[0]!));
        RowValues.AssertEqual(Shared.Values, [.. shuffled.OrderBy(row => (int)row[0]!)], Tolerance);

        var after = MLContext.Data.ShuffleRows(Transformer.Transform(Data()), seed: 4);
        RowValues.AssertEqual(Shared.Values, [.. RowValues.Of(after, NumberAndAdded()).OrderBy(row => (int)row[0]!)], Tolerance);
    }

    [TestMethod]
    public void RowsKeepTheirIdsPositionsAndBatches()
    {
        var data = new WatchedView(MLContext.Data.Cache(Data()));
        var view = Transformer.Transform(data);
        using var source = data.GetRowCursor([data.Schema[nameof(ContractRow.Number)]]);
        using var cursor = view.GetRowCursor(RowValues.Columns(view.Schema, NumberAndAdded()));
        var (sourceId, id) = (source.GetIdGetter(), cursor.GetIdGetter());
        Assert.AreEqual(-1, cursor.Position);
        for (var row = 0; row < Rows; row++)
        {
            Assert.IsTrue(source.MoveNext() && cursor.MoveNext());
            DataViewRowId expected = default, actual = default;
            sourceId(ref expected);
            id(ref actual);
            Assert.AreEqual(expected, actual);
            Assert.AreEqual(row, cursor.Position);
            Assert.AreEqual(source.Batch, cursor.Batch);
        }
        Assert.IsFalse(cursor.MoveNext());
        Assert.IsFalse(cursor.MoveNext());
        Assert.AreEqual(-1, cursor.Position);
    }

    [TestMethod]
    public void ValuesStayWhenTheCursorMovesOn()
    {
        var view = Transformer.Transform(Data());
        var column = view.Schema[nameof(ContractRow.Extra)];
        using var cursor = view.GetRowCursor([column, view.Schema[Added()[0]]]);
        var getter = cursor.GetGetter<VBuffer<float>>(column);
        var kept = new VBuffer<float>[Rows];
        for (var row = 0; cursor.MoveNext(); row++) getter(ref kept[row]);
        for (var row = 0; row < Rows; row++) Assert.AreSequenceEqual([row, -row / 2f], kept[row].DenseValues());
    }

    [TestMethod]
    public void ReadingOtherColumnsNeverScores()
    {
        var before = Transformer.RowsScored;
        var view = Transformer.Transform(Data());
        Assert.HasCount(Rows, RowValues.Of(view, nameof(ContractRow.Number), nameof(ContractRow.Extra)));
        using (var cursor = view.GetRowCursor(view.Schema)) // all columns asked for, none of ours read
        {
            var number = cursor.GetGetter<int>(view.Schema[nameof(ContractRow.Number)]);
            var value = -1;
            while (cursor.MoveNext()) number(ref value);
            Assert.AreEqual(Rows - 1, value);
        }
        Assert.AreEqual(before, Transformer.RowsScored);
    }

    [TestMethod]
    public void PreviewScoresFewRows()
    {
        var before = Transformer.RowsScored;
        var view = Transformer.Transform(Data());
        var preview = view.Preview(maxRows: 3);
        Assert.HasCount(3, preview.RowView);
        Assert.IsInRange(3L, 5L, Transformer.RowsScored - before);
    }

    [TestMethod]
    public void EachRowIsScoredOnce()
    {
        var before = Transformer.RowsScored;
        RowValues.Of(Transformer.Transform(Data()));
        Assert.AreEqual(Rows, Transformer.RowsScored - before);
    }

    [TestMethod]
    public void CursorsAreClosedAndAskForNothingElse()
    {
        var trained = new WatchedView(Data());
        using (Create(MLContext).Fit(trained)) Assert.AreEqual(0, trained.Open);
        Assert.DoesNotContain(nameof(ContractRow.Extra), trained.ColumnsAskedFor);
        Assert.DoesNotContain(nameof(ContractRow.Number), trained.ColumnsAskedFor);

        var read = new WatchedView(MLContext.Data.Cache(Data()));
        var view = Transformer.Transform(read);
        using (view.GetRowCursor([view.Schema[Added()[0]]])) Assert.AreEqual(1, read.Open);
        using (view.GetRowCursor([view.Schema[Transformer.Texts.First]])) Assert.AreEqual(1, read.Open);
        foreach (var cursor in view.GetRowCursorSet([view.Schema[Added()[0]]], 2)) cursor.Dispose();
        Assert.AreEqual(0, read.Open);
        Assert.DoesNotContain(nameof(ContractRow.Extra), read.ColumnsAskedFor);
    }

    [TestMethod]
    public void GettersCheckTypeAndColumn()
    {
        var view = Transformer.Transform(Data());
        var added = view.Schema[Added()[0]];
        using var cursor = view.GetRowCursor([added]);
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<DateTime>(added));
        Assert.Contains("Extra", Assert.Throws<ArgumentOutOfRangeException>(() => cursor.GetGetter<VBuffer<float>>(view.Schema["Extra"])).Message);
        Assert.IsTrue(cursor.IsColumnActive(added));
        Assert.IsFalse(cursor.IsColumnActive(view.Schema["Extra"]));
        var read = RowValues.Reader(added, cursor);
        Assert.Throws<InvalidOperationException>(() => read());
    }

    [TestMethod]
    public void AppliedTwiceItHidesItsFirstColumns()
    {
        var twice = Transformer.Transform(Transformer.Transform(Data()));
        RowValues.AssertEqual(Shared.Values, RowValues.Of(twice, NumberAndAdded()), Tolerance);
    }

    [TestMethod]
    public void PredictionEnginesGiveWhatCursorsGive()
    {
        var column = ScoreColumn();
        using var loaded = SaveAndLoad(out _); // an engine disposes of its transformer
        using var engine = new ScoreEngine(loaded, column, ContractSchema, owns: true);
        var predicted = ContractRow.Make(Rows).Select(row => new[] { row.Number, engine.Predict(row) }).ToList();
        RowValues.AssertEqual(RowValues.Of(Transformer.Transform(Data()), nameof(ContractRow.Number), column.Name), predicted, Tolerance);
    }
}
