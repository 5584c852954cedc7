namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>Pages of the shipped novels, each with the book that it is from: whole paragraphs of one chapter.</summary>
internal sealed class BookPages
{
    // The shard's books in order, and how many chapters each has; a blank line ends a chapter.
    private static readonly (string Title, int Chapters)[] Books =
    [
        ("David Copperfield", 64), ("Shirley", 37), ("The Riddle of the Sands", 31), ("The Octopus", 16), ("Pride and Prejudice", 61), ("Essays", 11),
        ("Daniel Deronda", 71), ("A Descent into the Maelström", 1), ("After Dark", 46), ("The Boats of the \"Glen Carrig\"", 17), ("The Deerslayer", 32),
    ];

    public string Book { get; set; } = "";

    public string Text { get; set; } = "";

    /// <summary>As many pages of each book that has enough: some to learn from and others to measure with, always the same.</summary>
    /// <param name="words">The fewest words of a page.</param>
    /// <param name="train">Pages of a book to learn from.</param>
    /// <param name="test">Pages of a book to measure with: of chapters after those to learn from.</param>
    public static (BookPages[] Train, BookPages[] Test) Draw(int words, int train, int test)
    {
        var random = new Random(1);
        var all = All(words).GroupBy(page => page.Book).Select(book => book.ToArray()).Where(book => book.Length >= 2 * Math.Max(train, test)).ToArray();
        BookPages[] Some(IEnumerable<BookPages> pages, int count)
        {
            var shuffled = pages.ToArray();
            random.Shuffle(shuffled);
            return shuffled[..count];
        }
        return ([.. all.SelectMany(book => Some(book[..(book.Length / 2)], train))], [.. all.SelectMany(book => Some(book[(book.Length / 2)..], test))]);
    }

    private static IEnumerable<BookPages> All(int words)
    {
        var (book, chapter, page, length) = (0, 0, new List<string>(), 0);
        foreach (var line in BookCorpus.Lines())
        {
            if (line.Length == 0)
            {
                (page, length) = ([], 0); // what is left of a chapter is too short
                if (++chapter == Books[book].Chapters) (book, chapter) = (book + 1, 0);
                continue;
            }
            page.Add(line);
            length += line.Count(c => c == ' ') + 1;
            if (length < words) continue;
            yield return new BookPages { Book = Books[book].Title, Text = string.Join(' ', page) };
            (page, length) = ([], 0);
        }
    }
}
