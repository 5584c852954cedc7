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
        Assert.AreEqual(element.Value, element.Attribute("title")!.Value.Length == 0 ? "" : element.Value);
        Assert.IsEmpty(element.Elements());
        // As many characters as before: none is lost, though what XML cannot have is replaced.
        Assert.AreEqual(text.EnumerateRunes().Count(), element.Value.EnumerateRunes().Count());
    });

    [TestMethod]
    public void PiecesAndNumbersAreTakenAsTheyAre()
    {
        var items = new[] { 1.5, 2 }.Select(number => HtmlText.Of($"<li>{number:F1}</li>")).ToArray();
        Assert.AreEqual("<ul><li>1.5</li><li>2.0</li></ul><b>a</b>", HtmlText.Of($"<ul>{items}</ul>{new HtmlText("<b>a</b>")}").Text);
        Assert.AreEqual("<p>&lt;b&gt; &amp; &quot;&#39;</p>", HtmlText.Of($"<p>{"<b> & \"'"}</p>").Text);
    }
}
