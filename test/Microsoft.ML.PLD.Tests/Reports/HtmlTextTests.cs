using System.Xml.Linq;
using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class HtmlTextTests
{
    [TestMethod]
    public void WhatIsInterpolatedIsTextAndNothingElse() => Gen.String.Sample(text =>
    {
        var element = XElement.Parse(HtmlText.Of($"<p title=\"{text}\">{text}</p>").Text, LoadOptions.PreserveWhitespace);
        Assert.AreEqual(element.Value.Replace('\n', ' ').Replace('\t', ' '), element.Attribute("title")!.Value); // as XML has it of attributes
        Assert.IsEmpty(element.Elements());
        // As many characters as before: none is lost, though what XML cannot have is replaced.
        Assert.AreEqual(text.ReplaceLineEndings("\n").EnumerateRunes().Count(), element.Value.EnumerateRunes().Count());
    });

    [TestMethod]
    public void LinesEndInLineFeeds() => Assert.AreEqual("<p>a\nb\nc\n</p>", HtmlText.Of($"<p>{"a\r\nb\rc\n"}</p>").Text);

    [TestMethod]
    public void PiecesAndNumbersAreTakenAsTheyAre()
    {
        var items = new[] { 1.5, 2 }.Select(number => HtmlText.Of($"<li>{number:F1}</li>")).ToArray();
        Assert.AreEqual("<ul><li>1.5</li><li>2.0</li></ul><b>a</b>", HtmlText.Of($"<ul>{items}</ul>{new HtmlText("<b>a</b>")}").Text);
        Assert.AreEqual("<p>&lt;b&gt; &amp; &quot;&#39;</p>", HtmlText.Of($"<p>{"<b> & \"'"}</p>").Text);
    }
}
