using System.IO.Compression;
using System.Text;

namespace Microsoft.ML.PLD;

/// <summary>The archive of predictions that https://gluebenchmark.com/submit takes.</summary>
/// <remarks>
/// Files with the official names and the columns <c>index</c> (the row's number, from 0) and <c>prediction</c>: classes by their names in the
/// data, scores as numbers. The server wants all eleven files.
/// </remarks>
public static class GlueSubmission
{
    // The first that a ZIP file knows: the same predictions make the same archive.
    private static readonly DateTimeOffset NoDate = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes the archive. If anything fails, a file that was there before is untouched.</summary>
    /// <param name="path">The archive's path, a .zip file; one that is there is replaced.</param>
    /// <param name="predictions">The predictions of each test set, in any order. Scores are brought into 0 to 5.</param>
    /// <exception cref="ArgumentException">
    /// There are none, those of a test set come twice, their number is another than that of its examples, one is no class of the task or NaN, or
    /// the split is none that is submitted.
    /// </exception>
    public static void Write(string path, IEnumerable<GluePredictions> predictions)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(predictions);
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var of in predictions)
        {
            var file = FileOf(of);
            if (!texts.TryAdd(file.Name, Text(of))) throw new ArgumentException($"The predictions for {file.Name} come twice; expected them once.", nameof(predictions));
        }
        if (texts.Count == 0) throw new ArgumentException("There are no predictions to write.", nameof(predictions));
        AtomicFile.Write(path, stream =>
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            foreach (var (name, text) in texts)
            {
                var entry = archive.CreateEntry(name);
                entry.LastWriteTime = NoDate;
                using var content = entry.Open();
                content.Write(Encoding.UTF8.GetBytes(text));
            }
        });
    }

    private static GlueSubmissionFile FileOf(GluePredictions predictions)
    {
        var (task, split, values) = predictions;
        var file = task.Submissions.FirstOrDefault(file => file.Split == split)
            ?? throw new ArgumentException($"The {split} split of {task.Name} is not submitted; expected {string.Join(" or ", task.Submissions.Select(file => file.Split))}.");
        return values.Count == file.Rows
            ? file
            : throw new ArgumentException($"There are {values.Count} predictions for {file.Name}; expected {file.Rows}, one for each example of the {split} split.");
    }

    private static string Text(GluePredictions predictions)
    {
        var text = new StringBuilder("index\tprediction\n");
        for (var row = 0; row < predictions.Values.Count; row++)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{row}\t{GlueLabel.Format(predictions.Task, predictions.Values[row])}\n");
        return text.ToString();
    }
}
