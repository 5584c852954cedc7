#:project ../src/Microsoft.ML.PLD/Microsoft.ML.PLD.csproj
#:property TargetFramework=net10.0
#:property PublishAot=false
#:property NoWarn=CS1591

// Writes pairs of sentences for pre-training: a sentence of a text and a noised copy of it, a document of two lines each. A masked word of one can often be read off the
// other: a small encoder learns to compare sentences, which it hardly learns from running text.
//
//     dotnet run build/noised-copies.cs -- OUTPUT.txt SENTENCES SEED NOISE TEXT...
//
// NOISE: 0 for exact copies, 1 for up to two words of five deleted or replaced and every third copy turned round. TEXT: .txt, .txt.br or .txt.gz, a paragraph a line.
// The same arguments give the same file.
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.PLD;

if (args.Length < 5)
{
    Console.Error.WriteLine($"There are {args.Length} arguments; expected OUTPUT.txt SENTENCES SEED NOISE TEXT... (see the head of build/noised-copies.cs).");
    return 2;
}
const int fewestWords = 7, mostWords = 30;
var (output, wanted, seed, noise, texts) = (
    args[0], int.Parse(args[1], CultureInfo.InvariantCulture), int.Parse(args[2], CultureInfo.InvariantCulture), double.Parse(args[3], CultureInfo.InvariantCulture), args[4..]);
var random = new Random(seed);

// Sentences are drawn from all of the text (reservoir sampling), and words for replacements from these: frequent ones often.
var sentences = new List<string>(wanted);
var seen = 0L;
foreach (var line in CorpusBuilder.ReadLines(texts))
    foreach (var sentence in Regex.Split(line ?? "", @"(?<=[.!?][""”’]?)\s+(?=[""“‘]?[A-Z])"))
    {
        var words = sentence.Count(c => c == ' ') + 1;
        if (words is < fewestWords or > mostWords || !Regex.IsMatch(sentence, @"[.!?][""”’]?$")) continue;
        seen++;
        if (sentences.Count < wanted) sentences.Add(sentence);
        else if (random.NextInt64(seen) is var place && place < wanted) sentences[(int)place] = sentence;
    }

using var writer = new StreamWriter(output);
foreach (var sentence in sentences)
{
    var copy = noise > 0 ? Noised(sentence.TrimEnd().Split(' ')) : sentence;
    var (first, second) = random.Next(2) == 0 ? (sentence, copy) : (copy, sentence);
    writer.Write($"{first}\n{second}\n\n");
}
Console.WriteLine($"{sentences.Count:N0} of {seen:N0} sentences");
return 0;

string Noised(string[] words)
{
    // How much changes differs from pair to pair.
    var (deleted, replaced) = (noise * 0.25 * random.NextDouble(), noise * 0.2 * random.NextDouble());
    var changed = words
        .Where(_ => random.NextDouble() >= deleted)
        .Select(word => random.NextDouble() < replaced ? AnyWord() : word).ToList();
    if (changed.Count == 0) changed.Add(words[0]);
    if (random.NextDouble() < noise / 3 && changed.Count > 4)
    {
        var cut = 2 + random.Next(changed.Count - 3);
        changed = [.. changed[cut..], .. changed[..cut]];
    }
    var text = string.Join(' ', changed).TrimEnd('.', ',', ';', '!', '?');
    return char.ToUpperInvariant(text[0]) + text[1..] + words[^1][^1];
}

string AnyWord()
{
    var words = sentences[random.Next(sentences.Count)].Split(' ');
    return words[random.Next(words.Length)].Trim('.', ',', ';', '!', '?', '"');
}
