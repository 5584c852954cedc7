using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class SentenceSplitterTests
{
    private static readonly string[] Parts =
        [". ", "! ", "? ", "...", "“", "”", "\"", "Mr.", "A.", " ", "。", "x", "Word", "7", "\t", "\u00a0", "😀", "\ud83d"];

    [TestMethod]
    [DataRow("One. Two! Three? Four", "One.|Two!|Three?|Four")]
    [DataRow("He said: “Go.” She went.", "He said: “Go.”|She went.")]
    [DataRow("\"Go!\" she said. \"Now?\" 'Yes.'", "\"Go!\" she said.|\"Now?\"|'Yes.'")]
    [DataRow("Mr. Holmes met Dr. J. H. Watson. They talked.", "Mr. Holmes met Dr. J. H. Watson.|They talked.")]
    [DataRow("So did I. Then we left.", "So did I.|Then we left.")]
    [DataRow("Pi is 3.14 or so, see example.com today. Next.", "Pi is 3.14 or so, see example.com today.|Next.")]
    [DataRow("Well… Perhaps... perhaps not. No.", "Well…|Perhaps... perhaps not.|No.")]
    [DataRow("What?! 42 of them. (Really.) [Yes.] End", "What?!|42 of them.|(Really.)|[Yes.]|End")]
    [DataRow("今日は。元気？はい！", "今日は。|元気？|はい！")]
    [DataRow("彼は「行け。」と言った。", "彼は「行け。」|と言った。")]
    [DataRow("यह है। वह था।", "यह है।|वह था।")]
    [DataRow("e.g. This is no end (cf. Smith), i.e. Not one.", "e.g. This is no end (cf. Smith), i.e. Not one.")]
    [DataRow("  spaced.   Out.\t", "spaced.|Out.")]
    [DataRow("...", "...")]
    [DataRow(".", ".")]
    [DataRow(" \t ", "")]
    [DataRow("", "")]
    [DataRow("Smile. 😀 Laugh.", "Smile.|😀 Laugh.")]
    public void Cuts(string text, string expected) => Assert.AreEqual(expected, string.Join('|', Split(text)));

    [TestMethod]
    public void NoCharacterIsLost()
    {
        var text = Gen.OneOf(Gen.Int[0, Parts.Length - 1].Select(i => Parts[i]), Gen.String).List[0, 30]
            .Select(string.Concat);
        text.Sample(text =>
        {
            var parts = Split(text);
            Assert.IsTrue(parts.All(part => part.Length > 0 && part == part.Trim()));
            Assert.AreEqual(WithoutSpace(text), WithoutSpace(string.Concat(parts)));
        }, iter: 5_000);
    }

    [TestMethod]
    public void LongTextTakesLinearTime()
    {
        Assert.HasCount(1, Split(new string('.', 1_000_000)));
        Assert.HasCount(1, Split(string.Concat(Enumerable.Repeat("a.", 500_000))));
    }

    private static string WithoutSpace(string text) => string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    private static string[] Split(string text)
    {
        var ranges = new List<Range>();
        SentenceSplitter.Split(text, ranges);
        return [.. ranges.Select(range => text[range])];
    }
}
