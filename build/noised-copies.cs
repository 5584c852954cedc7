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
// With the word "graded" for NOISE, OUTPUT is a table of sentence, blend of it and another one, and what they have in common, from 0 to 1, for build/compare-pairs.cs: of
// all words, weighed by the logarithm of how rare they are, the share that is in both (Dice).
// The same arguments give the same file.
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.PLD;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length < 5)
{
    Console.Error.WriteLine($"There are {args.Length} arguments; expected OUTPUT.txt SENTENCES SEED NOISE TEXT... (see the head of build/noised-copies.cs).");
    return 2;
}
const int fewestWords = 7, mostWords = 30;
var (output, wanted, seed, noiseName, texts) = (
    args[0], int.Parse(args[1], CultureInfo.InvariantCulture), int.Parse(args[2], CultureInfo.InvariantCulture), args[3], args[4..]);
var (isGraded, noise) = noiseName == "graded" ? (true, 0) : (false, double.Parse(noiseName, CultureInfo.InvariantCulture));
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
if (isGraded)
{
    WriteGraded();
    return 0;
}
foreach (var sentence in sentences)
{
    var copy = noise > 0 ? Noised(sentence.TrimEnd().Split(' ')) : sentence;
    var (first, second) = random.Next(2) == 0 ? (sentence, copy) : (copy, sentence);
    writer.Write($"{first}\n{second}\n\n");
}
Console.WriteLine($"{sentences.Count:N0} of {seen:N0} sentences");
return 0;

void WriteGraded()
{
    var rarity = sentences.SelectMany(sentence => Words(sentence).Distinct()).CountBy(word => word).ToDictionary(word => word.Key, word => Math.Log((1.0 + sentences.Count) / word.Value));
    foreach (var sentence in sentences)
    {
        var blend = Blend(sentence.Split(' '), sentences[random.Next(sentences.Count)].Split(' '));
        var (first, second) = random.Next(2) == 0 ? (sentence, blend) : (blend, sentence);
        writer.Write(string.Create(CultureInfo.InvariantCulture, $"{Cell(first)}\t{Cell(second)}\t{InCommon(first, second, rarity):F3}\n"));
    }
    Console.WriteLine($"{sentences.Count:N0} of {seen:N0} sentences");
}

static string Cell(string sentence) => sentence.Replace('\t', ' ');

static string[] Words(string sentence) => [.. sentence.ToLowerInvariant().Split(' ').Select(word => word.Trim('.', ',', ';', ':', '!', '?', '"', '“', '”', '(', ')')).Where(word => word.Length > 0)];

// Some words of one and, for those that are missing, some of the other, each where it stood.
string Blend(string[] words, string[] other)
{
    var share = random.NextDouble();
    var rate = Math.Min(1, share * words.Length / other.Length);
    var blend = words.Select((word, i) => (Word: word, Place: (double)i / words.Length)).Where(_ => random.NextDouble() >= share)
        .Concat(other.Select((word, i) => (Word: word, Place: (double)i / other.Length)).Where(_ => random.NextDouble() < rate))
        .OrderBy(word => word.Place).Select(word => word.Word).ToArray();
    return blend.Length > 0 ? string.Join(' ', blend) : other[0];
}

static double InCommon(string first, string second, Dictionary<string, double> rarity)
{
    double Weight(IEnumerable<string> words) => words.Sum(word => rarity.GetValueOrDefault(word));
    var (a, b) = (Words(first), Words(second));
    var left = b.CountBy(word => word).ToDictionary();
    var common = a.Where(word => left.GetValueOrDefault(word) > 0 && left[word]-- > 0).ToArray();
    return 2 * Weight(common) / Math.Max(1e-9, Weight(a) + Weight(b));
}

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
