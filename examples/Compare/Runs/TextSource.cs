using Microsoft.ML.PLD;

namespace Compare;

/// <summary>Which text is learned from, and how it is cut into word pieces.</summary>
internal sealed record TextSource
{
    /// <summary>Files and folders to learn from.</summary>
    public required IReadOnlyList<string> Text { get; init; }

    /// <summary>Files and folders to validate with; none: a share of <see cref="Text"/>.</summary>
    public IReadOnlyList<string> ValidationText { get; init; } = [];

    /// <summary>At most so many lines of <see cref="Text"/>; 0: all.</summary>
    public int TextLines { get; init; }

    /// <summary>Word pieces to learn.</summary>
    public int VocabularySize { get; init; }

    /// <summary>Whether text is put into lower case.</summary>
    public bool LowerCase { get; init; } = true;

    /// <summary>What to cut with; null: learned from the text.</summary>
    public WordPieceTokenizer? Tokenizer { get; init; }

    /// <summary>What tells it from one that learns a vocabulary in lower case.</summary>
    internal string Own => Tokenizer is not null ? $" {Tokenizer.Vocabulary.Sha256} {Tokenizer.LowerCase}" : LowerCase ? "" : " cased";
}
