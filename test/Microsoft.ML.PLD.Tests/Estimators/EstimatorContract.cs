using Microsoft.ML.Data;

namespace Microsoft.ML.PLD.Tests;

/// <summary>
/// What every estimator over text columns, and the transformer that it fits, must do. A test class derives from it, says how to make the
/// estimator, and so gets all of these tests; one transformer is fitted for most of them.
/// </summary>
/// <typeparam name="TTransformer">What the estimator fits; the fitted transformer is kept once for each closed type.</typeparam>
public abstract partial class EstimatorContract<TTransformer> where TTransformer : TextTransformer
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

    /// <summary>Number, Text, Other, Extra, and Label.</summary>
    protected IDataView Data(int? rows = null) => WithLabel(MLContext.Data.LoadFromEnumerable(ContractRow.Make(rows ?? Rows), ContractSchema));

    /// <summary>Adds the column Label to rows with a Class: by default as a key.</summary>
    protected virtual IDataView WithLabel(IDataView rows) => MLContext.Transforms.Conversion.MapValueToKey("Label", nameof(ContractRow.Class)).Fit(rows).Transform(rows);

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
