namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class TextCutTests
{
    private static readonly int[] Ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

    [TestMethod]
    public void WhatFitsIsLeftAlone()
    {
        foreach (var how in Enum.GetValues<LongTexts>())
        {
            var (first, second) = TextCut.Apply(Ten, [11, 12], room: 12, how, stride: 3).Single();
            CollectionAssert.AreEqual(Ten, first);
            CollectionAssert.AreEqual(new[] { 11, 12 }, second);
        }
    }

    [TestMethod]
    [DataRow(LongTexts.Head, "1 2 3 4 5 6 7 8")]
    [DataRow(LongTexts.Tail, "3 4 5 6 7 8 9 10")]
    [DataRow(LongTexts.HeadAndTail, "1 2 5 6 7 8 9 10")] // a quarter from the beginning
    [DataRow(LongTexts.SlidingWindows, "1 2 3 4 5 6 7 8;3 4 5 6 7 8 9 10")]
    public void ATextIsCut(LongTexts how, string expected) => Assert.AreEqual(expected, Text(TextCut.Apply(Ten, [], room: 8, how, stride: 4)));

    [TestMethod]
    [DataRow(LongTexts.Head, "1 2 3 4/21 22 23")] // of equal ones the second is cut
    [DataRow(LongTexts.Tail, "7 8 9 10/23 24 25")]
    [DataRow(LongTexts.HeadAndTail, "1 8 9 10/23 24 25")]
    [DataRow(LongTexts.SlidingWindows, "1 2 3 4/21 22 23;4 5 6 7/21 22 23;7 8 9 10/21 22 23")] // the shorter one has at most half the room
    public void APairIsCut(LongTexts how, string expected) => Assert.AreEqual(expected, Text(TextCut.Apply(Ten, [21, 22, 23, 24, 25], room: 7, how, stride: 3)));

    [TestMethod]
    public void TheSecondSentenceSlidesWhereItIsTheLonger() =>
        Assert.AreEqual("21/1 2 3 4;21/5 6 7 8;21/7 8 9 10", Text(TextCut.Apply([21], Ten, room: 5, LongTexts.SlidingWindows, stride: 4)));

    [TestMethod]
    public void ASlightlyLongTextHasTwoFullWindowsAndAStrideOfItsOwn() =>
        Assert.AreEqual("1 2 3 4 5 6 7 8 9;2 3 4 5 6 7 8 9 10", Text(TextCut.Apply(Ten, [], room: 9, LongTexts.SlidingWindows, stride: 0)));

    [TestMethod]
    public void EveryTokenIsInAWindowAndAllWindowsAreFull()
    {
        for (var length = 1; length < 40; length++)
            for (var room = 1; room < 12; room++)
                for (var stride = 0; stride <= room + 3; stride++)
                {
                    int[] text = [.. Enumerable.Range(0, length)];
                    var windows = TextCut.Apply(text, [], room, LongTexts.SlidingWindows, stride);
                    CollectionAssert.AreEqual(text, windows.SelectMany(window => window.First).Distinct().Order().ToArray());
                    Assert.IsTrue(windows.All(window => window.First.Length == Math.Min(room, length)));
                    CollectionAssert.AllItemsAreUnique(windows.Select(window => window.First[0]).ToArray());
                }
    }

    [TestMethod]
    public void OfPairsTheLongerSentenceIsReadWhollyToo()
    {
        for (var length = 1; length < 30; length++)
            for (var other = 0; other < 12; other++)
                for (var room = 3; room < 12; room++)
                    for (var stride = 0; stride <= room + 3; stride++)
                    {
                        int[] first = [.. Enumerable.Range(0, length)], second = [.. Enumerable.Range(100, other)];
                        var windows = TextCut.Apply(first, second, room, LongTexts.SlidingWindows, stride);
                        Assert.IsTrue(windows.All(window => window.First.Length + window.Second.Length <= room));
                        if (length > other) CollectionAssert.AreEqual(first, windows.SelectMany(window => window.First).Distinct().Order().ToArray());
                        else CollectionAssert.AreEqual(second, windows.SelectMany(window => window.Second).Distinct().Order().ToArray());
                    }
    }

    private static string Text(IEnumerable<(int[] First, int[] Second)> windows) => string.Join(';',
        windows.Select(window => string.Join(' ', window.First) + (window.Second.Length > 0 ? $"/{string.Join(' ', window.Second)}" : "")));
}
