using System.Text;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class GlueReaderTests
{
    private readonly GlueFolder _folder = new();

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    [TestMethod]
    public void ColaHasNoHeaderButInItsTestFile()
    {
        _folder.Write("CoLA/train.tsv", "gj04\t1\t\tThey drank the pub dry.", "cj99\t0\t*\tThe more.");
        _folder.Write("CoLA/test.tsv", "index\tsentence", "0\tBill coughed.");
        AreEqual(_folder.Read("CoLA"), new GlueExample("0", "They drank the pub dry.", null, 1), new GlueExample("1", "The more.", null, 0));
        AreEqual(_folder.Read("CoLA", GlueSplit.Test), new GlueExample("0", "Bill coughed.", null, null));
    }

    [TestMethod]
    public void QuotesAreCharacters()
    {
        _folder.Write("SST-2/dev.tsv", "sentence\tlabel", "\"an open quote\t1", "two \"\" of them \t0", "\"quoted\"\t1");
        CollectionAssert.AreEqual(new[] { "\"an open quote", "two \"\" of them ", "\"quoted\"" }, _folder.Read("SST-2", GlueSplit.Dev).Examples.Select(example => example.Sentence1).ToArray());
    }

    [TestMethod]
    public void AByteOrderMarkIsNoPartOfAName()
    {
        _folder.Write("MRPC/train.tsv", "\uFEFFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String", "1\t702876\t702977\tOne.\tThe \uFEFFother.");
        AreEqual(_folder.Read("MRPC"), new GlueExample("0", "One.", "The \uFEFFother.", 1));
    }

    [TestMethod]
    public void BothLineEndsAreRead()
    {
        _folder.WriteBytes("RTE/dev.tsv", Encoding.UTF8.GetBytes("index\tsentence1\tsentence2\tlabel\r\n7\ta\u2028b\tc\rd\tentailment\r\n8\te\tf\tnot_entailment"));
        AreEqual(_folder.Read("RTE", GlueSplit.Dev), new GlueExample("7", "a\u2028b", "c\rd", 0), new GlueExample("8", "e", "f", 1));
    }

    [TestMethod]
    public void ScoresAreInvariant()
    {
        const string Header = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore";
        _folder.Write("STS-B/train.tsv", Header, "0\tmain\tMSRvid\t2012\t1\tnone\tnone\ta\tb\t3.800", "1\tmain\tMSRvid\t2012\t2\tnone\tnone\tc\td\t0", "2\tg\tf\ty\to\ts\ts\te\tf\t5.000");
        var before = Thread.CurrentThread.CurrentCulture;
        try
        {
            Thread.CurrentThread.CurrentCulture = new System.Globalization.CultureInfo("de-DE");
            AreEqual(_folder.Read("STS-B"), new GlueExample("0", "a", "b", 3.8f), new GlueExample("1", "c", "d", 0), new GlueExample("2", "e", "f", 5));
        }
        finally
        {
            Thread.CurrentThread.CurrentCulture = before;
        }
    }

    [TestMethod]
    public void MnliIsReadInEachOfItsForms()
    {
        const string Start = "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse\tsentence1\tsentence2";
        const string Row = "3\t31193\t31193n\tgovernment\t( a )\t( b )\t(ROOT a)\t(ROOT b)\ta\tb";
        _folder.Write("MNLI/train.tsv", $"{Start}\tlabel1\tgold_label", $"{Row}\tneutral\tneutral");
        _folder.Write("MNLI/dev_matched.tsv", $"{Start}\tlabel1\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label", $"{Row}\tneutral\tneutral\tentailment\tneutral\tneutral\tentailment");
        _folder.Write("MNLI/dev_mismatched.tsv", $"{Start}\tlabel1\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label", $"{Row}\tneutral\tneutral\tneutral\tneutral\tneutral\tcontradiction");
        _folder.Write("MNLI/test_matched.tsv", Start, Row);
        AreEqual(_folder.Read("MNLI"), new GlueExample("3", "a", "b", 2));
        AreEqual(_folder.Read("MNLI", GlueSplit.Dev), new GlueExample("3", "a", "b", 1));
        AreEqual(_folder.Read("MNLI", GlueSplit.DevMismatched), new GlueExample("3", "a", "b", 0));
        AreEqual(_folder.Read("MNLI", GlueSplit.Test), new GlueExample("3", "a", "b", null));
    }

    [TestMethod]
    public void TheCompactFormServesWhereTheOfficialOneIsMissing()
    {
        _folder.Write("MNLI/dev_matched.compact.tsv", "index\tsentence1\tsentence2\tgold_label", "0\tshort\tform\tneutral");
        AreEqual(_folder.Read("MNLI", GlueSplit.Dev), new GlueExample("0", "short", "form", 2));
        _folder.Write("MNLI/dev_matched.tsv", "gold_label\tsentence2\tsentence1\tindex", "entailment\tform\tlong\t0"); // in another order
        AreEqual(_folder.Read("MNLI", GlueSplit.Dev), new GlueExample("0", "long", "form", 1));
    }

    [TestMethod]
    public void QqpsBrokenLinesAreLeftOutAndCounted()
    {
        const string Header = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate";
        _folder.Write("QQP/train.tsv", Header, "133273\t213221\t213222\tWhy?\t\t1", "broken in", "two\t0", "", "9\t1\t2\tHow?\tWhat?\t0");
        var data = _folder.Read("QQP");
        AreEqual(data, new GlueExample("133273", "Why?", "", 1), new GlueExample("9", "How?", "What?", 0));
        Assert.AreEqual(3, data.BrokenLines);

        _folder.Write("QQP/train.tsv", [Header, "1\t2\t3\tWhy?\tWho?\t1", .. Enumerable.Repeat("broken", 100)]);
        Assert.AreEqual(100, _folder.Read("QQP").BrokenLines);
        _folder.Write("QQP/train.tsv", [Header, "1\t2\t3\tWhy?\tWho?\t1", .. Enumerable.Repeat("broken", 101)]);
        _folder.AssertDamaged("QQP", GlueSplit.Train, "QQP/train.tsv", 103, "1 tab-separated columns in 'broken'; expected 6.");
        File.WriteAllText(_folder.Write("QQP/train.tsv", Header), $"{Header}\n1\t2\t3\tWhy?\tWho?\t1\n4\t5\t6\tWh"); // a download that broke off
        _folder.AssertDamaged("QQP", GlueSplit.Train, "QQP/train.tsv", 3, "4 tab-separated columns in", "expected 6.");
        _folder.Write("QQP/train.tsv", Header, "1\t2\t3\tWhy?\tWho?\t1\t1");
        _folder.AssertDamaged("QQP", GlueSplit.Train, "QQP/train.tsv", 2, "7 tab-separated columns", "expected 6.");
        _folder.Write("QQP/test.tsv", "id\tquestion1\tquestion2", "0\tWhy?\tWho?", "1\tWhy?");
        _folder.AssertDamaged("QQP", GlueSplit.Test, "QQP/test.tsv", 3, "2 tab-separated columns in '1\tWhy?'; expected 3.");
    }

    [TestMethod]
    public void QnliAndWnliAreRead()
    {
        _folder.Write("QNLI/dev.tsv", "index\tquestion\tsentence\tlabel", "0\tWho?\tHe.\tnot_entailment");
        _folder.Write("WNLI/dev.tsv", "index\tsentence1\tsentence2\tlabel", "0\tIt is.\tThat is.\t1");
        AreEqual(_folder.Read("QNLI", GlueSplit.Dev), new GlueExample("0", "Who?", "He.", 1));
        AreEqual(_folder.Read("WNLI", GlueSplit.Dev), new GlueExample("0", "It is.", "That is.", 1));
    }

    [TestMethod]
    public void TheDiagnosticSetIsReadInEachOfItsForms()
    {
        _folder.Write("diagnostic/diagnostic.tsv", "index\tsentence1\tsentence2", "0\ta\tb");
        AreEqual(_folder.Read("AX", GlueSplit.Test), new GlueExample("0", "a", "b", null));
        _folder.Write("AX/diagnostic-full.tsv", "Lexical Semantics\tPredicate-Argument Structure\tLogic\tKnowledge\tDomain\tPremise\tHypothesis\tLabel", "\t\tNegation\t\tArtificial\tc\td\tcontradiction");
        AreEqual(_folder.Read("AX", GlueSplit.Test), new GlueExample("0", "c", "d", 0));
    }

    [TestMethod]
    public void ALineLongerThanTheBufferIsRead()
    {
        var text = string.Concat(Enumerable.Range(0, 60_000).Select(i => $"{i} ä "));
        _folder.Write("SST-2/train.tsv", "sentence\tlabel", $"{text}\t1", "short\t0");
        AreEqual(_folder.Read("SST-2"), new GlueExample("0", text, null, 1), new GlueExample("1", "short", null, 0));
    }

    [TestMethod]
    public void TheCallerMayAskWhatIsThere()
    {
        _folder.Write("MNLI/dev_mismatched.tsv", "any");
        _folder.Write("MNLI/train.tsv", "any");
        var mnli = GlueTasks.ByName("MNLI");
        Assert.IsTrue(GlueReader.Exists(mnli, GlueSplit.Train, _folder.Root));
        Assert.IsFalse(GlueReader.Exists(mnli, GlueSplit.Dev, _folder.Root));
        CollectionAssert.AreEqual(new[] { GlueSplit.Train, GlueSplit.DevMismatched }, GlueReader.Splits(mnli, _folder.Root).ToArray());
        Assert.IsEmpty(GlueReader.Splits(GlueTasks.ByName("RTE"), _folder.Root));
    }

    [TestMethod]
    public void AMissingFileIsNamedWithWhereToGetIt()
    {
        var failure = Assert.ThrowsExactly<FileNotFoundException>(() => _folder.Read("MNLI", GlueSplit.Dev));
        foreach (var part in new[] { "MNLI", "Dev", Path.Combine(_folder.Root, "MNLI", "dev_matched.tsv"), "https://gluebenchmark.com/tasks" })
            StringAssert.Contains(failure.Message, part);
        Assert.AreEqual(Path.Combine(_folder.Root, "MNLI", "dev_matched.tsv"), failure.FileName);
    }

    [TestMethod]
    public void ASplitThatTheTaskLacksIsRefused()
    {
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => _folder.Read("RTE", GlueSplit.DevMismatched)).Message, "The GLUE task RTE has no split DevMismatched; it has Train, Dev, Test.");
        Assert.ThrowsExactly<ArgumentException>(() => _folder.Read("AX", GlueSplit.Dev));
    }

    private static void AreEqual(GlueData actual, params GlueExample[] expected) => CollectionAssert.AreEqual(expected, actual.Examples.ToArray());
}
