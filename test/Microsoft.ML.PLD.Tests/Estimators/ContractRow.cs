namespace Microsoft.ML.PLD.Tests;

/// <summary>A row of the data that every estimator is tried on. Among the texts are empty and missing ones.</summary>
public sealed class ContractRow
{
    private static readonly string[] Classes = ["animals", "bread", "cars"];
    private static readonly string[][] Words = [["a cat", "a bad dog", "cage"], ["bread", "a baked egg", "dough"], ["cars", "a fee", "gears"]];

    public int Number { get; set; }

    public string? Text { get; set; }

    public string? Other { get; set; }

    public string Class { get; set; } = "";

    public float[] Extra { get; set; } = [];

    /// <summary>Rows whose class shows in their words, in a fixed order.</summary>
    public static ContractRow[] Make(int count) => [.. Enumerable.Range(0, count).Select(i => new ContractRow
    {
        Number = i,
        Text = i % 20 == 7 ? null : i % 20 == 8 ? "" : $"{Words[i % 3][i / 3 % 3]} {Words[i % 3][i / 9 % 3]}",
        Other = Words[i % 3][i / 27 % 3],
        Class = Classes[i % 3],
        Extra = [i, -i / 2f],
    })];
}
