using Cli;
using Glue;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CliTableTests
{
    [TestMethod]
    public void QuotesHideSeparatorsLineBreaksAndQuotes()
    {
        var rows = Rows("a,\"b, c\",\"say \"\"hi\"\"\"\r\n\r\n\"two\nlines\",,x\n\"\",e,f", ',');
        Assert.HasCount(3, rows);
        CollectionAssert.AreEqual(new[] { "a", "b, c", "say \"hi\"" }, rows[0].Fields);
        CollectionAssert.AreEqual(new[] { "two\nlines", "", "x" }, rows[1].Fields);
        CollectionAssert.AreEqual(new[] { "", "e", "f" }, rows[2].Fields);
        CollectionAssert.AreEqual(new[] { 1, 3, 5 }, rows.Select(row => row.Line).ToArray());
    }

    [TestMethod]
    public void BetweenTabsQuotesAreLetters() => CollectionAssert.AreEqual(new[] { "\"so", "he said \"no\"", "" }, Rows("\"so\the said \"no\"\t\n", '\t')[0].Fields);

    [TestMethod]
    public void AQuoteThatIsNeverClosedIsFoundInItsLine() =>
        Assert.Contains("'rows' line 2: a quote", Assert.ThrowsExactly<InvalidDataException>(() => Rows("a,b\n\"c,d\ne,f\n", ',')).Message);

    [TestMethod]
    public void WhatIsWrittenIsRead()
    {
        string[] fields = ["plain", "a;b", "say \"hi\"", "two\nlines", ""];
        using var text = new StringWriter();
        new TableWriter(text, ';').Write(fields);
        CollectionAssert.AreEqual(fields, Rows(text.ToString(), ';')[0].Fields);
    }

    [TestMethod]
    public void FilesTellTheirSeparatorAndTheirColumns()
    {
        using var folder = new TemporaryFolder();
        var table = Table.Open("--data", folder.Write("a.csv", "\uFEFFtext;label;note\n\"x;y\";1,5;z\n"), hasHeader: true);
        CollectionAssert.AreEqual(new[] { "text", "label", "note" }, table.Columns.ToArray());
        CollectionAssert.AreEqual(new[] { "x;y", "1,5", "z" }, table.Rows().Single().Fields);
        var lines = Table.Open("--data", folder.Write("a.txt", "one, \"two\"\n\nthree\n"), hasHeader: true);
        CollectionAssert.AreEqual(new[] { "one, \"two\"", "", "three" }, lines.Rows().Select(row => row.Fields[lines.ColumnOf("--text", "text")]).ToArray());
        var bare = Table.Open("--data", folder.Write("b.tsv", "x\ty\n"), hasHeader: false);
        Assert.AreEqual(1, bare.ColumnOf("--label", "2"));
        Assert.HasCount(1, bare.Rows());
    }

    [TestMethod]
    public void OfOneColumnEveryLineIsARow()
    {
        using var folder = new TemporaryFolder();
        var table = Table.Open("--data", folder.Write("a.csv", "\n\"the\ntext\"\none\n\n\"\"\r\n\r\ntwo\n\"\""), hasHeader: true);
        CollectionAssert.AreEqual(new[] { "one", "", "", "", "two", "" }, table.Rows().Select(row => row.Fields.Single()).ToArray());
        Assert.HasCount(3, Table.Open("--data", folder.Write("b.csv", "\none\n\n"), hasHeader: false).Rows());
        Assert.HasCount(1, Table.Open("--data", folder.Write("c.csv", "text,label\n\none,a\n\n"), hasHeader: true).Rows()); // of several, blank lines are none
    }

    [TestMethod]
    public void WhatIsWrongIsNamed()
    {
        using var folder = new TemporaryFolder();
        var table = Table.Open("--data", folder.Write("a.csv", "text,category,category\na,b,c\nd,e\n"), hasHeader: true);
        Assert.Contains("--text: ", Refused(() => table.ColumnOf("--text", "txet")));
        Assert.Contains("no column 'txet' (did you mean 'text'?); expected one of: text, category", Refused(() => table.ColumnOf("--text", "txet")));
        Assert.EndsWith("has no column 'question': of a .txt each line is a text; the only column is 'text'.", Refused(() => Table.Open("--data", folder.Write("a.txt", "x"), hasHeader: true).ColumnOf("--text", "question")));
        Assert.Contains("2 columns of the name 'category'", Refused(() => table.ColumnOf("--label", "category")));
        Assert.Contains("line 3 has 2 fields; expected 3", Assert.ThrowsExactly<InvalidDataException>(() => table.Rows().Count()).Message);
        Assert.Contains("there is no file 'nowhere.csv'", Refused(() => Table.Open("--data", "nowhere.csv", hasHeader: true)));
        Assert.Contains("expected a .csv", Refused(() => Table.Open("--data", folder.Write("a.xls", "x"), hasHeader: true)));
        Assert.Contains("is empty", Assert.ThrowsExactly<InvalidDataException>(() => Table.Open("--data", folder.Write("b.csv", "\n\n"), hasHeader: true)).Message);
        File.WriteAllBytes(folder["c.csv"], [(byte)'a', (byte)'\n', 0xE9, (byte)'\n']);
        File.WriteAllBytes(folder["d.csv"], [0xEF, 0xBB, 0xBF, (byte)'a', (byte)'\n', 0xE9, (byte)'\n']); // a mark that says UTF-8, which it is not
        foreach (var name in new[] { "c.csv", "d.csv" }) Assert.Contains("is not UTF-8", Assert.ThrowsExactly<InvalidDataException>(() => Table.Open("--data", folder[name], hasHeader: true).Rows().Count()).Message);
    }

    private static string Refused(Action action) => Assert.ThrowsExactly<UsageException>(action).Message;

    private static TableRow[] Rows(string text, char separator) => [.. TableReader.Rows("rows", new StringReader(text), separator)];
}
