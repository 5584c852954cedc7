namespace Conversion;

/// <summary>Sentences of all kinds, to compare models on: short and long, numbers, marks, other languages.</summary>
internal static class SampleText
{
    public static string[] Sentences { get; } =
    [
        "The film was a delight from the first minute to the last.", "I would not watch it again for money.", "My card has not arrived yet, although I ordered it two weeks ago.",
        "Yes.", "", "It rained.", "1, 2, 3!", "On 5 May 1821, at 5.49 in the evening, he died on an island in the South Atlantic.",
        "The committee will meet again on Thursday to discuss the budget, the new bridge, and the complaints about the noise.", "ÀÉÎÕÜ ß ø œ",
        "Wer reitet so spät durch Nacht und Wind?", "東京は日本の首都です。", "https://example.org/a?b=c&d=e", "To be, or not to be, that is the question.",
        "Prices rose by 3.4 % in March, after 2.9 % in February.", "He said that she had said that they would say so.", "a b c d e f g h i j k l m n o p q r s t u v w x y z",
        "In the beginning God created the heaven and the earth. And the earth was without form, and void; and darkness was upon the face of the deep.",
        string.Join(' ', Enumerable.Repeat("and so on", 60)), "This is the last of these sentences.",
    ];
}
