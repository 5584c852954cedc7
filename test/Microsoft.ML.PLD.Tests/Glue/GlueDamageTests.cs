using System.Text;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class GlueDamageTests
{
    private const string Header = "index\tsentence1\tsentence2\tlabel";

    private readonly GlueFolder _folder = new();

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    [TestMethod]
    public void TooFewOrTooManyColumns()
    {
        Refused(3, ["3 tab-separated columns in '1\tc\td'; expected 4."], Header, "0\ta\tb\tentailment", "1\tc\td");
        Refused(2, ["5 tab-separated columns", "expected 4."], Header, "0\ta\tb\tc\tentailment");
        Refused(3, ["1 tab-separated columns in ''; expected 4."], Header, "0\ta\tb\tentailment", "", "1\ta\tb\tentailment");
        _folder.Write("CoLA/dev.tsv", "gj04\t1\tno star");
        _folder.AssertDamaged("CoLA", GlueSplit.Dev, "CoLA/dev.tsv", 1, "3 tab-separated columns in 'gj04\t1\tno star'; expected 4.");
    }

    [TestMethod]
    public void AnUnknownLabel()
    {
        Refused(2, ["the label is 'neutral'; expected entailment or not_entailment."], Header, "0\ta\tb\tneutral");
        Refused(2, ["the label is 'Entailment'"], Header, "0\ta\tb\tEntailment");
        Refused(2, ["the label is ''"], Header, "0\ta\tb\t");
        _folder.Write("MNLI/train.tsv", "index\tsentence1\tsentence2\tgold_label", "0\ta\tb\t-");
        _folder.AssertDamaged("MNLI", GlueSplit.Train, "MNLI/train.tsv", 2, "the label is '-'; expected contradiction or entailment or neutral.");
        _folder.Write("SST-2/train.tsv", "sentence\tlabel", "a\t2");
        _folder.AssertDamaged("SST-2", GlueSplit.Train, "SST-2/train.tsv", 2, "the label is '2'; expected 0 or 1.");
    }

    [TestMethod]
    [DataRow("high")]
    [DataRow("")]
    [DataRow("5.001")]
    [DataRow("-1")]
    [DataRow("NaN")]
    [DataRow("∞")]
    [DataRow("1e-3")]
    [DataRow("3,5")]
    public void AScoreThatIsNone(string score)
    {
        _folder.Write("STS-B/dev.tsv", "index\tsentence1\tsentence2\tscore", "0\ta\tb\t5", $"1\ta\tb\t{score}");
        _folder.AssertDamaged("STS-B", GlueSplit.Dev, "STS-B/dev.tsv", 3, $"the score is '{score}'; expected a number from 0 to 5.");
    }

    [TestMethod]
    public void AHeaderWithoutAColumnOrWithOneTwice()
    {
        Refused(1, ["the header 'index sentence1 sentence2' has no column 'label'; expected", "among them 'index', 'sentence1', 'sentence2', 'label'."], "index\tsentence1\tsentence2", "0\ta\tb");
        Refused(1, ["the header has the column 'sentence1' twice; expected each name once."], "index\tsentence1\tsentence1\tsentence2\tlabel", "0\ta\tb\tc\tentailment");
        Refused(1, ["has no column 'index'"], "0\ta\tb\tentailment");
    }

    [TestMethod]
    public void AnEmptyFileOrNothingButAHeader()
    {
        Refused(1, ["the file ends without an example; expected a header and one example a line."]);
        Refused(1, ["the file ends without an example"], Header);
        _folder.WriteBytes("CoLA/train.tsv", []);
        _folder.AssertDamaged("CoLA", GlueSplit.Train, "CoLA/train.tsv", 1, "the file ends without an example; expected one example a line.");
    }

    [TestMethod]
    public void InvalidUtf8()
    {
        _folder.WriteBytes("RTE/train.tsv", [.. Encoding.UTF8.GetBytes(Header + "\n0\ta\tb\tentailment\n1\tcaf"), 0xE9, .. "\tb\tentailment\n"u8]);
        _folder.AssertDamaged("RTE", GlueSplit.Train, "RTE/train.tsv", 3, "is not UTF-8");
        _folder.WriteBytes("RTE/train.tsv", Encoding.Unicode.GetBytes("\uFEFF" + Header));
        _folder.AssertDamaged("RTE", GlueSplit.Train, "RTE/train.tsv", 1, "expected text in UTF-8");
    }

    [TestMethod]
    public void ANulCharacter() => Refused(2, ["the line has a NUL character; expected text in UTF-8."], Header, "0\ta\0\tb\tentailment");

    [TestMethod]
    public void ALineOfMoreThanAMegabyte()
    {
        Refused(3, ["the line is longer than 1048576 bytes; expected an example on each line."], Header, "0\ta\tb\tentailment", $"1\t{new string('a', 1 << 20)}\tb\tentailment", "2\ta\tb\tentailment");
        Refused(1, ["the line is longer than 1048576 bytes"], new string('\t', 3 << 20));
    }

    [TestMethod]
    public void LongTextsAreShortenedInMessages()
    {
        Refused(2, ["1 tab-separated columns in 'aaa", "...'"], Header, new string('a', 100_000));
        Refused(2, ["the label is 'bbb", "...'"], Header, $"0\ta\tb\t{new string('b', 100_000)}");
        Refused(1, ["the header 'ccc", "...'"], new string('c', 100_000));
        Refused(2, ["1000001 tab-separated columns"], Header, new string('\t', 1_000_000));
    }

    [TestMethod]
    public void EveryFlippedBitIsReadOrRefusedWithItsFile()
    {
        var whole = Encoding.UTF8.GetBytes(Header + "\n0\tä \"b\tc\tentailment\n1\td\te\tnot_entailment\n");
        for (var bit = 0; bit < whole.Length * 8; bit++)
        {
            var flipped = whole.ToArray();
            flipped[bit / 8] ^= (byte)(1 << bit % 8);
            var path = _folder.WriteBytes("RTE/train.tsv", flipped);
            try
            {
                Assert.IsNotEmpty(_folder.Read("RTE").Examples);
            }
            catch (InvalidDataException failure)
            {
                StringAssert.StartsWith(failure.Message, $"The GLUE file '{path}', line ");
            }
        }
    }

    private void Refused(int line, string[] parts, params string[] lines)
    {
        _folder.Write("RTE/train.tsv", lines);
        _folder.AssertDamaged("RTE", GlueSplit.Train, "RTE/train.tsv", line, parts);
    }
}
