using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class TrainingDataTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    private IHostEnvironment Environment => MLNetAccess.EnvironmentOf(_mlContext.Transforms);

    [TestMethod]
    public void RowsComeInOrderWithClassesFromZero()
    {
        var rows = Read(Labelled(50)).Rows().ToArray();
        var expected = ContractRow.Make(50);
        string[] classes = ["animals", "bread", "cars"];
        for (var i = 0; i < rows.Length; i++)
            Assert.AreEqual(
                (i, expected[i].Text ?? "", expected[i].Other, expected[i].Class),
                ((int)rows[i].Index, $"{rows[i].First}", $"{rows[i].Second}", classes[rows[i].Class]));
        Assert.HasCount(50, rows);
    }

    [TestMethod]
    public void ShuffledTheyAreTheSameRows()
    {
        var data = Read(_mlContext.Data.Cache(Labelled(50)));
        var rows = data.Rows().Select(row => $"{row.First}/{row.Second}/{row.Class}").ToArray();
        var shuffled = data.Rows(new Random(3)).Select(row => $"{row.First}/{row.Second}/{row.Class}").ToArray();
        Assert.AreNotSequenceEqual(rows, shuffled);
        Assert.AreSequenceEqual(rows.Order(), shuffled.Order());
        Assert.AreSequenceEqual(shuffled, data.Rows(new Random(3)).Select(row => $"{row.First}/{row.Second}/{row.Class}"));
    }

    [TestMethod]
    public void ALabelThatTheKeysDoNotHaveIsExplainedAndCanBeFiltered()
    {
        var keys = _mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(ContractRow.Class)).Fit(_mlContext.Data.LoadFromEnumerable(ContractRow.Make(50)));
        var rows = ContractRow.Make(50);
        rows[17].Class = "dogs";
        var data = keys.Transform(_mlContext.Data.LoadFromEnumerable(rows));
        var message = Assert.ThrowsExactly<InvalidOperationException>(() => Read(data).Rows().Count()).Message;
        StringAssert.StartsWith(message, "Row 17 has no label in column 'Label' (rows count from 0, in the order in which they are read): its key is 0");
        StringAssert.Contains(message, "MapValueToKey");
        Assert.AreEqual(49, Read(_mlContext.Data.FilterRowsByMissingValues(data, "Label")).Rows().Count()); // as the message advises
    }

    [TestMethod]
    public void AnAbandonedPassClosesItsCursor()
    {
        var view = new WatchedView(Labelled(50));
        foreach (var row in Read(view).Rows())
        {
            Assert.AreEqual(1, view.Open);
            if (row.Index == 5) break;
        }
        Assert.AreEqual(0, view.Open);
        Assert.AreSequenceEqual(["Label", "Other", "Text"], view.ColumnsAskedFor.Order());
    }

    [TestMethod]
    public void WithoutLabelThereIsNoClass()
    {
        var data = new TrainingData(Environment, Labelled(9), new TrainingColumns(new TextColumns("Text")));
        Assert.IsNull(data.Labels);
        Assert.IsTrue(data.Rows().All(row => row.Class == -1 && row.Second.IsEmpty));
    }

    [TestMethod]
    public void CancellingEndsThePass()
    {
        using var rows = Read(Labelled(2000)).Rows().GetEnumerator();
        Assert.IsTrue(rows.MoveNext());
        _mlContext.CancelExecution();
        Assert.Throws<OperationCanceledException>(() => { while (rows.MoveNext()) { } });
    }

    private TrainingData Read(IDataView data) => new(Environment, data, new TrainingColumns(new TextColumns("Text", "Other"), InputColumn.KeyLabel("Label")));

    private IDataView Labelled(int count)
    {
        var data = _mlContext.Data.LoadFromEnumerable(ContractRow.Make(count));
        return _mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(ContractRow.Class)).Fit(data).Transform(data);
    }
}
