using Microsoft.ML.Data;

namespace Microsoft.ML.PLD.Tests;

/// <summary>
/// What every estimator over text columns, and the transformer that it fits, must do. A test class derives from it, says how to make the
/// estimator, and so gets all of these tests; one transformer is fitted for most of them.
/// </summary>
/// <typeparam name="TTransformer">What the estimator fits; the fitted transformer is kept once for each closed type.</typeparam>
public abstract class EstimatorContract<TTransformer> where TTransformer : TextTransformer
{
    private static Fitted? _shared;

    /// <summary>Makes a new estimator with a fixed seed, over the column Text, the columns Text and Other, and, if it has a label, Label.</summary>
    protected abstract IEstimator<TTransformer> Create(MLContext mlContext);

    /// <summary>Enough rows for more than one full batch.</summary>
    protected virtual int Rows => 100;

    /// <summary>How much scores may differ between batches of different sizes.</summary>
    protected virtual float Tolerance => 1e-5f;

    protected MLContext MLContext { get; } = new(seed: 5);

    protected TTransformer Transformer => Shared.Transformer;

    private Fitted Shared => _shared ??= new Fitted(this);

    /// <summary>Number, Text, Other, Extra, and Label as a key.</summary>
    protected IDataView Data(int? rows = null) => WithLabel(MLContext.Data.LoadFromEnumerable(ContractRow.Make(rows ?? Rows), ContractSchema));

    protected IDataView WithLabel(IDataView rows) => MLContext.Transforms.Conversion.MapValueToKey("Label", nameof(ContractRow.Class)).Fit(rows).Transform(rows);

    /// <summary>The names of the columns that the transformer adds.</summary>
    protected string[] Added() => [.. Transformer.GetOutputSchema(Data().Schema).Skip(Data().Schema.Count).Select(column => column.Name)];

    protected string[] NumberAndAdded() => [nameof(ContractRow.Number), .. Added()];

    protected static SchemaDefinition ContractSchema
    {
        get
        {
            var definition = SchemaDefinition.Create(typeof(ContractRow));
            definition[nameof(ContractRow.Extra)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 2);
            return definition;
        }
    }

    [ClassCleanup(InheritanceBehavior.BeforeEachDerivedClass)]
    public static void DisposeTransformer()
    {
        _shared?.Transformer.Dispose();
        _shared = null;
    }

    [TestMethod]
    public void ShapePromisedIsShapeDelivered()
    {
        var data = Data();
        Assert.AreEqual(
            SchemaText.Of(MLNetAccess.ShapeOf(Transformer.Transform(data).Schema)),
            SchemaText.Of(Create(MLContext).GetOutputSchema(MLNetAccess.ShapeOf(data.Schema))));
    }

    [TestMethod]
    public void SchemaPromisedIsSchemaDelivered()
    {
        var data = Data();
        Assert.AreEqual(SchemaText.Of(Transformer.Transform(data).Schema), SchemaText.Of(Transformer.GetOutputSchema(data.Schema)));
        Assert.AreEqual(SchemaText.Of(Transformer.Transform(data).Schema), SchemaText.Of(((ITransformer)Transformer).GetRowToRowMapper(data.Schema).OutputSchema));
        Assert.IsTrue(((ITransformer)Transformer).IsRowToRowMapper);
    }

    [TestMethod]
    public void ColumnsOfTheInputPassThrough()
    {
        var data = Data();
        var transformed = Transformer.Transform(data);
        Assert.AreEqual(SchemaText.Of(data.Schema), string.Join('\n', transformed.Schema.Take(data.Schema.Count).Select(SchemaText.Of)));
        string[] columns = [.. data.Schema.Where(column => !column.IsHidden).Select(column => column.Name)];
        var everything = RowValues.Of(transformed).Select(row => row[..columns.Length]).ToList();
        RowValues.AssertEqual(RowValues.Of(data, columns), everything, tolerance: 0);
        Assert.AreEqual(data.GetRowCount(), transformed.GetRowCount());
    }

    [TestMethod]
    public void FittingTwiceGivesTheSame()
    {
        var once = new MLContext(seed: 5);
        using var again = Create(once).Fit(Data());
        RowValues.AssertEqual(Shared.Values, RowValues.Of(again.Transform(Data()), NumberAndAdded()), tolerance: 0);
    }

    [TestMethod]
    public void SavedAndLoadedItIsTheSame()
    {
        using var loaded = SaveAndLoad(out var inputSchema);
        Assert.AreEqual(SchemaText.Of(Data().Schema), SchemaText.Of(inputSchema));
        Assert.AreEqual(SchemaText.Of(Transformer.Transform(Data()).Schema), SchemaText.Of(loaded.Transform(Data()).Schema));
        RowValues.AssertEqual(Shared.Values, RowValues.Of(loaded.Transform(Data()), NumberAndAdded()), tolerance: 0);
    }

    [TestMethod]
    public void AFreshProcessThatNamesNoTypeLoadsIt()
    {
        using var folder = new TemporaryFolder();
        MLContext.Model.Save(Transformer, Data().Schema, folder["model.zip"]);
        using (var file = File.Create(folder["data.idv"])) MLContext.Data.SaveAsBinary(Data(), file);

        FreshProcess.Run(folder["model.zip"], folder["data.idv"], folder["scores.idv"]);
        var scores = MLContext.Data.LoadFromBinary(folder["scores.idv"]);
        RowValues.AssertEqual(Shared.Values, RowValues.Of(scores, NumberAndAdded()), Tolerance);
    }

    [TestMethod]
    public void ADamagedModelFileIsRefused()
    {
        using var folder = new TemporaryFolder();
        MLContext.Model.Save(Transformer, Data().Schema, folder["model.zip"]);
        var whole = File.ReadAllBytes(folder["model.zip"]);

        File.WriteAllBytes(folder["truncated.zip"], whole[..(whole.Length / 2)]);
        Assert.Throws<Exception>(() => MLContext.Model.Load(folder["truncated.zip"], out _));

        foreach (var entry in ModelArchive.OwnEntries(folder["model.zip"]))
        {
            File.WriteAllBytes(folder["damaged.zip"], whole);
            ModelArchive.FlipBit(folder["damaged.zip"], entry);
            var failure = Assert.Throws<Exception>(() => MLContext.Model.Load(folder["damaged.zip"], out _));
            Assert.Contains(Path.GetFileName(entry.Replace('\\', '/')), failure.ToString());
            Assert.Contains("damaged", failure.ToString());

            File.WriteAllBytes(folder["missing.zip"], whole);
            ModelArchive.Remove(folder["missing.zip"], entry);
            failure = Assert.Throws<Exception>(() => MLContext.Model.Load(folder["missing.zip"], out _));
            Assert.Contains("missing", failure.ToString());
        }
    }

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
        var data = MLContext.Data.Cache(Data());
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
    public void AMissingColumnIsNamed()
    {
        var data = MLContext.Transforms.DropColumns(Transformer.Texts.First).Fit(Data()).Transform(Data());
        AssertRefused(data, $"'{Transformer.Texts.First}'", "Number (Int32)");
    }

    [TestMethod]
    public void AColumnOfTheWrongTypeIsNamed()
    {
        var number = MLContext.Transforms.CopyColumns(Transformer.Texts.First, nameof(ContractRow.Number)).Fit(Data()).Transform(Data());
        AssertRefused(number, $"'{Transformer.Texts.First}'", "expected String, got Int32");
        var vector = MLContext.Transforms.Concatenate(Transformer.Texts.First, Transformer.Texts.First, nameof(ContractRow.Class)).Fit(Data()).Transform(Data());
        AssertRefused(vector, $"'{Transformer.Texts.First}'", "expected String, got Vector<String");
    }

    [TestMethod]
    public void WithoutRowsItDoesNotFit()
    {
        var failure = Assert.Throws<InvalidOperationException>(() => Create(MLContext).Fit(MLContext.Data.SkipRows(Data(), Rows)));
        Assert.Contains("no rows", failure.Message);
    }

    [TestMethod]
    public void ItComposesWithOthersAndCaches()
    {
        var text = Transformer.Texts.First;
        var pipeline = MLContext.Transforms.CopyColumns("Original", text)
            .Append(MLContext.Transforms.CopyColumns(text, "Original"))
            .AppendCacheCheckpoint(MLContext)
            .Append(Create(new MLContext(seed: 5)))
            .AppendCacheCheckpoint(MLContext)
            .Append(MLContext.Transforms.CopyColumns("Copy", Added()[0]));
        var chain = pipeline.Fit(Data());
        using var part = chain.OfType<TTransformer>().Single();
        RowValues.AssertEqual(Shared.Values, RowValues.Of(chain.Transform(Data()), NumberAndAdded()), Tolerance);
        RowValues.AssertEqual(RowValues.Of(Transformer.Transform(Data()), Added()[0]), RowValues.Of(chain.Transform(Data()), "Copy"), Tolerance);

        using var folder = new TemporaryFolder();
        MLContext.Model.Save(chain, Data().Schema, folder["chain.zip"]);
        var loaded = (TransformerChain<ITransformer>)MLContext.Model.Load(folder["chain.zip"], out _);
        using var loadedPart = loaded.OfType<TTransformer>().Single();
        RowValues.AssertEqual(Shared.Values, RowValues.Of(loaded.Transform(Data()), NumberAndAdded()), Tolerance);
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
        var output = SchemaDefinition.Create(typeof(Vector));
        var column = Transformer.GetOutputSchema(Data().Schema).Last(column => column.Type is VectorDataViewType { IsKnownSize: true } && Added().Contains(column.Name));
        var values = output[nameof(Vector.Values)];
        (values.ColumnName, values.ColumnType) = (column.Name, column.Type);
        using var loaded = SaveAndLoad(out _); // an engine disposes of its transformer
        using var engine = MLContext.Model.CreatePredictionEngine<ContractRow, Vector>(loaded, inputSchemaDefinition: ContractSchema, outputSchemaDefinition: output);
        var predicted = ContractRow.Make(Rows).Select(row => new object?[] { row.Number, engine.Predict(row).Values }).ToList();
        RowValues.AssertEqual(RowValues.Of(Transformer.Transform(Data()), nameof(ContractRow.Number), column.Name), predicted, Tolerance);
    }

    [TestMethod]
    public void DisposedItSaysSo()
    {
        var disposed = SaveAndLoad(out _);
        var view = disposed.Transform(Data());
        using var cursor = view.GetRowCursor(view.Schema);
        var read = RowValues.Reader(view.Schema[Added()[0]], cursor);
        Assert.IsTrue(cursor.MoveNext());
        disposed.Dispose();
        disposed.Dispose();

        foreach (var use in new Action[] { () => disposed.Transform(Data()), () => disposed.GetOutputSchema(Data().Schema), () => read(), () => SaveAndLoad(disposed, out _) })
            Assert.Contains(typeof(TTransformer).Name, Assert.Throws<ObjectDisposedException>(use).Message);
    }

    protected void AssertRefused(IDataView data, params string[] words)
    {
        var shape = MLNetAccess.ShapeOf(data.Schema);
        foreach (var use in new Action[]
        {
            () => Transformer.Transform(data), () => Transformer.GetOutputSchema(data.Schema), () => Transformer.GetRowToRowMapper(data.Schema),
            () => Create(MLContext).Fit(data), () => Create(MLContext).GetOutputSchema(shape),
        })
        {
            var failure = Assert.Throws<ArgumentOutOfRangeException>(use);
            foreach (var word in words) Assert.Contains(word, failure.Message);
        }
    }

    private TTransformer SaveAndLoad(out DataViewSchema inputSchema) => SaveAndLoad(Transformer, out inputSchema);

    private TTransformer SaveAndLoad(TTransformer transformer, out DataViewSchema inputSchema)
    {
        using var zip = new MemoryStream();
        MLContext.Model.Save(transformer, Data().Schema, zip);
        zip.Position = 0;
        return (TTransformer)new MLContext().Model.Load(zip, out inputSchema);
    }

    private sealed class Vector
    {
        public float[] Values { get; set; } = [];
    }

    private sealed class Fitted
    {
        public Fitted(EstimatorContract<TTransformer> test)
        {
            Transformer = test.Create(new MLContext(seed: 5)).Fit(test.Data());
            _shared = this;
            Values = RowValues.Of(Transformer.Transform(test.Data()), test.NumberAndAdded());
        }

        public TTransformer Transformer { get; }

        /// <summary>The number of each row and the values of the added columns.</summary>
        public List<object?[]> Values { get; }
    }
}
