using Cli;
using Glue;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CliLabelTests
{
    [TestMethod]
    [DataRow("Classes", "ham", "spam")]
    [DataRow("Classes", "1", "2", "3")]
    [DataRow("Classes", "yes", "maybe")]
    [DataRow("Classes", "1", "2", "x")]
    [DataRow("Binary", "0", "1")]
    [DataRow("Binary", "No", "yes")]
    [DataRow("Binary", "true", "False")]
    [DataRow("Binary", "Yes", "yes", "No")]
    [DataRow("Classes", "Yes", "yes", "true")]
    [DataRow("Number", "0.5", "1")]
    [DataRow("Number", "-1e3", "2.25", "7")]
    public void TheKindOfTaskIsFound(string expected, params string[] values) =>
        Assert.AreEqual(expected, $"{TaskDetection.Of([.. Enumerable.Repeat(values, 20).SelectMany(some => some)], "label").Kind}");

    [TestMethod]
    public void ManyWholeNumbersAreAQuantity()
    {
        string[] ages = [.. Enumerable.Range(0, 90).Select(age => $"{age % 30}")];
        Assert.AreEqual(TaskKind.Number, TaskDetection.Of(ages, "label").Kind);
    }

    [TestMethod]
    public void ALabelThatTellsNothingIsRefused()
    {
        Assert.Contains("'label' has only one value, 'a', in all of 2 rows", Assert.ThrowsExactly<UsageException>(() => TaskDetection.Of(["a", "a"], "'label'")).Message);
        Assert.Contains("numbers with commas, as '2,5'", Assert.ThrowsExactly<UsageException>(() => TaskDetection.Of(["1", "2,5"], "label")).Message);
        Assert.Contains("60 different values in 60 rows", Assert.ThrowsExactly<UsageException>(() => TaskDetection.Of([.. Enumerable.Range(0, 60).Select(i => $"text {i}")], "label")).Message);
    }

    [TestMethod]
    public void RowsOfNoUseAreLeftOutAndSaid()
    {
        using var folder = new TemporaryFolder();
        var said = new List<string>();
        var path = folder.Write("a.csv", "label,text\nx,one\n,two\ny,\n z ,three\n");
        var rows = LabelledRows.Read("--data", path, hasHeader: true, new("text", null, "label"), keepEmpty: false, said.Add);
        CollectionAssert.AreEqual(new[] { "x", "z" }, rows.Rows.Select(row => row.Label).ToArray());
        Assert.Contains("1 row has no label and is left out (line 3)", said[0]);
        Assert.Contains("1 row has no text and is left out (line 4)", said[1]);
        Assert.HasCount(3, LabelledRows.Read("--data", path, hasHeader: true, new("text", null, "label"), keepEmpty: true, said.Add).Rows);
    }

    [TestMethod]
    public void ALabelOfAnotherKindIsFoundInItsLine()
    {
        using var folder = new TemporaryFolder();
        var rows = LabelledRows.Read("--data", folder.Write("a.tsv", "text\tlabel\na\t1\nb\ttwo\n"), hasHeader: true, new("text", null, "label"), keepEmpty: false, _ => { });
        Assert.Contains("'label' of", Assert.ThrowsExactly<UsageException>(() => rows.Numbers()).Message);
        Assert.Contains("has 'two' in line 3; expected a number", Assert.ThrowsExactly<UsageException>(() => rows.Numbers()).Message);
        Assert.Contains("has 'two' in line 3; expected true or false", Assert.ThrowsExactly<UsageException>(() => rows.Truths()).Message);
    }

    [TestMethod]
    public void WhatClassesOfOneRowCannotGiveOthersDoNotGiveForThem()
    {
        using var folder = new TemporaryFolder();
        // The 100 come first in the order of names.
        var labels = Enumerable.Range(0, 100).Select(i => $"a{i}").Concat(Enumerable.Repeat("b", 12)).Concat(Enumerable.Repeat("c", 70)).Concat(Enumerable.Repeat("d", 70));
        var all = LabelledRows.Read("--data", folder.Write("a.csv", $"text,label\n{string.Concat(labels.Select(label => $"x,{label}\n"))}"), hasHeader: true, new("text", null, "label"), keepEmpty: false, _ => { });
        var heldOut = all.Split(0.1, byLabel: true, seed: 1).HeldOut.Rows.CountBy(row => row.Label).ToDictionary();
        Assert.HasCount(3, heldOut);
        Assert.IsInRange(1, 2, heldOut["b"]);
        foreach (var label in new[] { "c", "d" }) Assert.IsInRange(6, 8, heldOut[label]);
    }

    [TestMethod]
    public void AShareOfEachClassIsHeldOutAndEachStaysToLearnFrom()
    {
        using var folder = new TemporaryFolder();
        var text = string.Concat(Enumerable.Range(0, 100).Select(i => $"text {i},{(i < 60 ? "a" : i < 97 ? "b" : $"rare {i}")}\n"));
        var all = LabelledRows.Read("--data", folder.Write("a.csv", $"text,label\n{text}"), hasHeader: true, new("text", null, "label"), keepEmpty: false, _ => { });
        var (training, heldOut) = all.Split(0.1, byLabel: true, seed: 1);
        Assert.AreEqual(6, heldOut.Rows.Count(row => row.Label == "a"));
        Assert.AreEqual(4, heldOut.Rows.Count(row => row.Label == "b"));
        Assert.HasCount(5, training.Rows.Select(row => row.Label).Distinct());
        CollectionAssert.AreEquivalent(all.Rows.ToArray(), training.Rows.Concat(heldOut.Rows).ToArray());
        CollectionAssert.AreEqual(heldOut.Rows.ToArray(), all.Split(0.1, byLabel: true, seed: 1).HeldOut.Rows.ToArray());
        CollectionAssert.AreNotEqual(heldOut.Rows.ToArray(), all.Split(0.1, byLabel: true, seed: 2).HeldOut.Rows.ToArray());
    }
}
