using System.Text.Json;

namespace Microsoft.ML.PLD.Tests;

/// <summary>What readers of examples/ see without running anything: the index, and the notebooks with their outputs.</summary>
[TestClass]
public sealed class ExamplesIndexTests
{
    [TestMethod]
    public void TheIndexNamesEveryExample()
    {
        var index = File.ReadAllText(Repository.At("examples/README.md"));
        var programs = Directory.GetDirectories(Repository.At("examples")).Where(folder => Directory.GetFiles(folder, "*.csproj").Length > 0).Select(folder => $"]({Path.GetFileName(folder)})").ToArray();
        var files = new[] { "tour/*.cs", "notebooks/*.ipynb" }.SelectMany(files => Directory.GetFiles(Repository.At("examples", Path.GetDirectoryName(files)!), Path.GetFileName(files)))
            .Select(file => $"]({Path.GetFileName(Path.GetDirectoryName(file))}/{Path.GetFileName(file)})").ToArray();
        Assert.IsGreaterThanOrEqualTo(8, programs.Length);
        Assert.IsGreaterThanOrEqualTo(9, files.Length);
        foreach (var link in programs.Concat(files)) Assert.Contains(link, index);
    }

    [TestMethod]
    public void NotebooksHaveTheOutputsOfTheirCellsAndPlotsAmongThem()
    {
        foreach (var path in Directory.GetFiles(Repository.At("examples/notebooks"), "*.ipynb"))
        {
            using var notebook = JsonDocument.Parse(File.ReadAllText(path));
            Assert.AreEqual(4, notebook.RootElement.GetProperty("nbformat").GetInt32());
            var plots = 0;
            foreach (var cell in notebook.RootElement.GetProperty("cells").EnumerateArray().Where(cell => cell.GetProperty("cell_type").GetString() == "code"))
            {
                var (source, outputs) = (Text(cell.GetProperty("source")), cell.GetProperty("outputs").EnumerateArray().ToArray());
                Assert.AreNotEqual(JsonValueKind.Null, cell.GetProperty("execution_count").ValueKind, $"{path}: a cell was not run: {source}");
                var pictures = outputs.Where(output => output.GetProperty("output_type").GetString() == "display_data").Select(output => Text(output.GetProperty("data").GetProperty("text/html"))).ToArray();
                Assert.HasCount(source.Split("display(").Length - 1, pictures, path);
                foreach (var picture in pictures) Assert.MatchesRegex("(?s)^<svg .*<polyline .*</svg>$", picture, path);
                Assert.AreEqual(source.Contains("Console.WriteLine"), outputs.Any(output => output.GetProperty("output_type").GetString() == "stream"), $"{path}: {source}");
                plots += pictures.Length;
            }
            Assert.IsGreaterThanOrEqualTo(2, plots, path);
        }
    }

    private static string Text(JsonElement lines) => string.Concat(lines.EnumerateArray().Select(line => line.GetString()));
}
