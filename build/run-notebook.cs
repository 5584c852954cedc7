#:property TargetFramework=net10.0
#:property PublishAot=false
#:property NoWarn=CS1591

// Runs a notebook with C# cells where no notebook kernel is installed: the cells become one file-based app, in their order, and what each prints and shows is told apart by marks.
//
//     dotnet run build/run-notebook.cs -- NOTEBOOK.ipynb [--write] [--set NAME=VALUE]...
//
// Without --write, each cell has to show again what kinds of outputs it has in the file (text, HTML); with it, the outputs of this run go into the file. --set changes a variable of the cell that is
// tagged "parameters", as papermill does. Cells tagged "types" hold nothing but types. A cell shows HTML by display(HTML(text)); its last line is a statement, not a value.
using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

const string cellMark = "\u0001cell ", htmlMark = "\u0001html ";
if (args is not [var path, ..])
{
    Console.Error.WriteLine("There are no arguments; expected NOTEBOOK.ipynb [--write] [--set NAME=VALUE]... (see the head of build/run-notebook.cs).");
    return 2;
}
path = Path.GetFullPath(path);
var root = Path.GetFullPath(Path.Combine((string)AppContext.GetData("EntryPointFileDirectoryPath")!, ".."));
var isWritten = args.Contains("--write");
var notebook = JsonNode.Parse(File.ReadAllText(path))!;
var cells = notebook["cells"]!.AsArray().Where(cell => (string?)cell!["cell_type"] == "code").Select(cell => cell!).ToArray();

// 1. One program: what a file wants first, then each cell behind its mark, then the types.
List<string> directives = [], usings = [], statements = [], types = [];
for (var i = 0; i < cells.Length; i++)
{
    var lines = Source(cells[i]).Split('\n');
    if (HasTag(cells[i], "parameters")) lines = Source(cells[i], Settings()).Split('\n');
    directives.AddRange(lines.Where(line => line.StartsWith("#r ", StringComparison.Ordinal)).Select(Directive));
    usings.AddRange(lines.Where(line => UsingDirective().IsMatch(line)));
    string[] code = [.. lines.Where(line => !line.StartsWith("#r ", StringComparison.Ordinal) && !line.StartsWith("#i ", StringComparison.Ordinal) && !UsingDirective().IsMatch(line))];
    statements.Add($"Console.WriteLine(\"\\u0001cell {i}\");");
    (HasTag(cells[i], "types") ? types : statements).AddRange(code);
}
string[] program =
[
    .. directives.Distinct(), "#:property TargetFramework=net10.0", "#:property PublishAot=false", "#:property TreatWarningsAsErrors=false", "#:property EnforceCodeStyleInBuild=false", "#:property NoWarn=CS1591;CS8321",
    "using System;", "using System.Collections.Generic;", "using System.IO;", "using System.Linq;", .. usings.Distinct().Where(line => line is not ("using System;" or "using System.Collections.Generic;" or "using System.IO;" or "using System.Linq;")),
    .. statements,
    "static void display(Html html) => Console.WriteLine(\"\\u0001html \" + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(html.Text)));",
    "static Html HTML(string text) => new(text);",
    .. types,
    "internal sealed record Html(string Text);",
];
var folder = Path.Combine(root, "out", "notebooks"); // in the repository, for its versions of packages; not in git
Directory.CreateDirectory(folder);
var file = Path.Combine(folder, Path.GetFileNameWithoutExtension(path) + ".cs");
File.WriteAllLines(file, program);

// 2. Run it where a notebook runs: in its own folder.
using var process = Process.Start(new ProcessStartInfo("dotnet", ["run", "-c", "Release", file]) { RedirectStandardOutput = true, WorkingDirectory = Path.GetDirectoryName(path) })!;
var outputs = cells.Select(_ => new List<JsonObject>()).ToArray();
var (cellNumber, text) = (-1, new StringBuilder()); // -1: what the build says, before the first cell
while (process.StandardOutput.ReadLine() is { } line)
{
    if (line.StartsWith(cellMark, StringComparison.Ordinal))
    {
        EndText();
        cellNumber = int.Parse(line[cellMark.Length..], System.Globalization.CultureInfo.InvariantCulture);
    }
    else if (line.StartsWith(htmlMark, StringComparison.Ordinal))
    {
        EndText();
        var html = Encoding.UTF8.GetString(Convert.FromBase64String(line[htmlMark.Length..]));
        outputs[cellNumber].Add(new JsonObject { ["output_type"] = "display_data", ["metadata"] = new JsonObject(), ["data"] = new JsonObject { ["text/html"] = Lines(html) } });
    }
    else
    {
        Console.WriteLine(line);
        text.Append(line).Append('\n');
    }
}
EndText();
process.WaitForExit();
if (process.ExitCode != 0)
{
    Console.Error.WriteLine($"'{path}': the cells ended with code {process.ExitCode}; as a program they are in '{file}'.");
    return 1;
}

// 3. Keep the outputs, or hold them against those in the file.
var differences = 0;
for (var i = 0; i < cells.Length; i++)
{
    if (isWritten)
    {
        cells[i]["execution_count"] = i + 1;
        cells[i]["outputs"] = new JsonArray([.. outputs[i]]);
        continue;
    }
    var (expected, found) = (Kinds(cells[i]["outputs"]!.AsArray().Select(output => output!)), Kinds(outputs[i]));
    if (expected == found) continue;
    Console.Error.WriteLine($"'{path}', code cell {i + 1}: shows '{found}'; in the file it has '{expected}'. If that is meant, run with --write.");
    differences++;
}
if (isWritten) File.WriteAllText(path, notebook.ToJsonString(new JsonSerializerOptions { WriteIndented = true, IndentSize = 1, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n");
Console.WriteLine($"{Path.GetFileName(path)}: {cells.Length} cells ran, {outputs.Sum(output => output.Count)} outputs{(isWritten ? ", written" : $", {differences} cells differ in kind")}");
return differences == 0 ? 0 : 1;

void EndText()
{
    if (text.Length > 0 && cellNumber >= 0) outputs[cellNumber].Add(new JsonObject { ["output_type"] = "stream", ["name"] = "stdout", ["text"] = Lines(text.ToString()) });
    text.Clear();
}

IEnumerable<string> Settings() => args.Zip(args.Skip(1)).Where(pair => pair.First == "--set").Select(pair => pair.Second);

string Source(JsonNode cell, IEnumerable<string>? settings = null)
{
    var source = string.Concat(cell["source"]!.AsArray().Select(line => (string?)line));
    foreach (var setting in settings ?? [])
    {
        var (name, value) = setting.Split('=', 2) is [var before, var after] ? (before, after) : throw new ArgumentException($"--set {setting}: expected NAME=VALUE.");
        var assignment = new Regex($@"\b{Regex.Escape(name)} = [^;]*;");
        if (assignment.Count(source) != 1) throw new ArgumentException($"--set {setting}: '{name} = ...;' stands {assignment.Count(source)} times in the cell of parameters; expected once.");
        source = assignment.Replace(source, _ => $"{name} = {value};");
    }
    return source;
}

string Directive(string line)
{
    var package = Regex.Match(line, "^#r \"nuget: *([^, \"]+)") is { Success: true } match ? match.Groups[1].Value : throw new InvalidDataException($"'{line}': expected #r \"nuget: PACKAGE, VERSION\".");
    var project = Path.Combine(root, "src", package, $"{package}.csproj");
    return File.Exists(project) ? $"#:project {project}" : $"#:package {package}";
}

static bool HasTag(JsonNode cell, string tag) => cell["metadata"]?["tags"]?.AsArray().Any(of => (string?)of == tag) == true;

static string Kinds(IEnumerable<JsonNode> outputs) => string.Join(", ", outputs.Select(output => (string?)output["output_type"] == "stream" ? "text" : output["data"]!.AsObject().First().Key));

// As notebooks have them: an array of lines that keep their ends.
static JsonArray Lines(string text) => new([.. Regex.Matches(text, @"[^\n]*\n|[^\n]+$").Select(line => (JsonNode)line.Value)]);

internal partial class Program
{
    [GeneratedRegex(@"^using [\w.]+;$")]
    private static partial Regex UsingDirective();
}
