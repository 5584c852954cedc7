using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.PLD.Tests;

/// <summary>What the Hugging Face tokenizer of bert-base-uncased answers: a part beside the tests, all of it in ../shared/data.</summary>
internal static class ReferenceVectors
{
    public sealed record Vector(
        string Text,
        string? Pair,
        int[] Ids,
        [property: JsonPropertyName("type_ids")] int[]? TypeIds,
        [property: JsonPropertyName("attention_mask")] int[]? AttentionMask);

    private static readonly JsonSerializerOptions AnyCase = new() { PropertyNameCaseInsensitive = true };

    public static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Fixtures", "tokenizer");

    public static readonly WordPieceTokenizer BertBaseUncased = WordPieceTokenizer.FromVocabularyFile(Path.Combine(Folder, "vocab.txt"));

    /// <summary>../shared/data of the repository, if the tests run where it is.</summary>
    public static string? SharedData { get; } = FindSharedData();

    public static IReadOnlyList<Vector> Read(string path) =>
        [.. File.ReadLines(path).Select(line => JsonSerializer.Deserialize<Vector>(line, AnyCase)!)];

    /// <summary>Compares one vector; pairs of 64 are padded, others are not.</summary>
    public static void AreEqual(Vector expected)
    {
        var actual = expected.AttentionMask is null
            ? BertBaseUncased.Encode(expected.Text, expected.Pair)
            : BertBaseUncased.Encode(expected.Text, expected.Pair, expected.Ids.Length, pad: true);
        CollectionAssert.AreEqual(expected.Ids, actual.Ids, expected.Text);
        CollectionAssert.AreEqual(expected.TypeIds ?? new int[expected.Ids.Length], actual.TypeIds, expected.Text);
        CollectionAssert.AreEqual(expected.AttentionMask ?? [.. expected.Ids.Select(_ => 1)], actual.AttentionMask, expected.Text);
    }

    private static string? FindSharedData()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(Path.Combine(candidate, "fixtures", "tokenizer"))) return candidate;
        }
        return null;
    }
}
