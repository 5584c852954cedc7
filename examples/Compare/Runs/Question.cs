using Microsoft.ML.Data;

namespace Compare;

/// <summary>A customer's question to a bank, and what it is about: a row of banking77.</summary>
internal sealed class Question
{
    [LoadColumn(0)]
    public string Text { get; set; } = "";

    [LoadColumn(1)]
    public string Category { get; set; } = "";
}
