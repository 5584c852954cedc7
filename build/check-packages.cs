#:property TargetFramework=net10.0
#:property PublishAot=false
#:property NoWarn=CS1591

// Looks into the packages that build/pack.sh has made, and the tool of examples/Cli if it is beside them, as those do who publish: what they say of themselves, what they hold and depend on, their symbols, and that no path of this machine is in them.
//
//     dotnet run build/check-packages.cs -- FOLDER [SOURCES]
//
// With SOURCES, the folder src after all has been built anew, the libraries in the packages have to be those that this build has made, byte for byte. Run from the repository's root.
using System.Globalization;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Length is not (1 or 2))
{
    Console.Error.WriteLine("Expected FOLDER [SOURCES] (see the head of build/check-packages.cs).");
    return 2;
}

var embeddedSource = new Guid("0E8A571B-6926-466E-B4AD-8AB04611F5FE");
var pinned = XDocument.Load("Directory.Packages.props").Descendants("PackageVersion").ToDictionary(package => package.Attribute("Include")!.Value, package => package.Attribute("Version")!.Value);
var version = XDocument.Load("Directory.Build.props").Descendants("Version").Single().Value;
List<string> problems = [];
foreach (var project in Directory.GetFiles("src", "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal)) CheckPackage(project);
foreach (var tool in Directory.GetFiles(args[0], "Microsoft.ML.PLD.Tool.*.nupkg")) CheckTool(tool);
foreach (var problem in problems) Console.WriteLine(problem);
Console.WriteLine(problems.Count == 0 ? "The packages are as they should be." : $"{problems.Count} problems.");
return problems.Count == 0 ? 0 : 1;

void CheckPackage(string project)
{
    var id = Path.GetFileNameWithoutExtension(project);
    var package = Path.Combine(args[0], $"{id}.{version}.nupkg"); // others may be beside it
    var symbols = Path.ChangeExtension(package, ".snupkg");
    if (!File.Exists(package) || !File.Exists(symbols))
    {
        problems.Add($"{id}: expected {Path.GetFileName(package)} and its .snupkg in {args[0]}.");
        return;
    }
    Check(id, new FileInfo(package).Length <= 50_000_000, "takes more than 50 MB");
    var (held, debug) = (Contents(package), Contents(symbols));
    CheckDescription(id, held);
    CheckDependencies(id, project, held);
    CheckLibrary(id, held, debug);
    Console.WriteLine($"{id}: {new FileInfo(package).Length:N0} bytes, {held.Count} files; symbols {new FileInfo(symbols).Length:N0} bytes");
}

// It hands on the work of others, and so what they say of it.
void CheckTool(string package)
{
    var held = Contents(package);
    var id = Path.GetFileNameWithoutExtension(held.Keys.Single(name => name.EndsWith(".nuspec", StringComparison.Ordinal)));
    Check(id, new FileInfo(package).Length <= 250_000_000, "takes more than the 250 MB of NuGet");
    CheckDescription(id, held);
    Check(id, held.Keys.Any(name => name.EndsWith("/pld.dll", StringComparison.Ordinal)), "has no pld.dll");
    foreach (var other in new[] { "libtorch-cpu-", "TorchSharp/", "Microsoft.ML/", "Microsoft.ML.OnnxRuntime/", "SkiaSharp/", "HarfBuzzSharp/", "ScottPlot/" })
        Check(id, held.Keys.Any(name => name.StartsWith($"licenses/{other}", StringComparison.Ordinal)), $"has no licence of {other.Trim('/', '-')}");
    string[] data = [.. held.Keys.Where(name => name.Contains("/data/", StringComparison.Ordinal)).Select(name => name[..(name.LastIndexOf('/') + 1)]).Distinct()];
    Check(id, data.Length == 2, $"has {data.Length} data sets; expected 2");
    foreach (var folder in data) Check(id, held.ContainsKey($"{folder}LICENSE") && held.ContainsKey($"{folder}README.md"), $"has no LICENSE or no README.md in {folder}");
    Console.WriteLine($"{id}: {new FileInfo(package).Length:N0} bytes, {held.Count} files of less than 10 MB");
}

void CheckDescription(string id, Dictionary<string, byte[]> held)
{
    var about = About(id, held);
    foreach (var name in new[] { "version", "authors", "description", "tags", "license", "readme", "icon", "releaseNotes", "copyright" })
        Check(id, Value(about, name) is { Length: > 0 }, $"the .nuspec has no <{name}>");
    Check(id, Value(about, "license") == "MIT", $"the licence expression is '{Value(about, "license")}'; expected MIT");
    foreach (var file in new[] { "README.md", "icon.png", "LICENSE", "THIRD-PARTY-NOTICES.md", "CHANGELOG.md" })
        Check(id, held.TryGetValue(file, out var bytes) && bytes.Length > 500, $"{file} is missing, or next to empty");
    // Width and height stand in a PNG's first chunk, big-endian.
    Check(id, held.GetValueOrDefault("icon.png") is [0x89, (byte)'P', (byte)'N', (byte)'G', _, _, _, _, _, _, _, _, _, _, _, _, 0, 0, 0, 128, 0, 0, 0, 128, ..], "icon.png is not a PNG of 128 x 128");
    var readme = Encoding.UTF8.GetString(held.GetValueOrDefault("README.md") ?? []);
    Check(id, readme.Split("](").Skip(1).All(link => link.StartsWith("https://", StringComparison.Ordinal)), "README.md has links that only the repository can follow");
}

// What the project refers to, in the versions that are pinned, and nothing that only the build needs.
void CheckDependencies(string id, string project, Dictionary<string, byte[]> held)
{
    var items = XDocument.Load(project).Root!;
    Dictionary<string, string> expected = [];
    foreach (var package in items.Descendants("PackageReference").Where(package => package.Attribute("PrivateAssets") is null))
        expected[package.Attribute("Include")!.Value] = pinned[package.Attribute("Include")!.Value];
    foreach (var library in items.Descendants("ProjectReference"))
        expected[Path.GetFileNameWithoutExtension(library.Attribute("Include")!.Value)] = Value(About(id, held), "version")!;
    if (expected.ContainsKey("TorchSharp")) expected["SkiaSharp"] = pinned["SkiaSharp"]; // pinned, because TorchSharp names a version that some feeds lack
    var found = About(id, held).Descendants().Where(element => element.Name.LocalName == "dependency").ToDictionary(element => element.Attribute("id")!.Value, element => element.Attribute("version")!.Value);
    foreach (var name in expected.Keys.Union(found.Keys))
        Check(id, Range(expected.GetValueOrDefault(name)) == Range(found.GetValueOrDefault(name)),
            $"depends on {name} {found.GetValueOrDefault(name) ?? "not at all"}; expected {expected.GetValueOrDefault(name) ?? "no such dependency"}");
}

void CheckLibrary(string id, Dictionary<string, byte[]> held, Dictionary<string, byte[]> debug)
{
    var (library, documentation, pdb) = (held.GetValueOrDefault($"lib/net10.0/{id}.dll"), held.GetValueOrDefault($"lib/net10.0/{id}.xml"), debug.GetValueOrDefault($"lib/net10.0/{id}.pdb"));
    if (library is null || documentation is null || pdb is null)
    {
        problems.Add($"{id}: of the library, its documentation and its symbols, one is missing in lib/net10.0.");
        return;
    }
    Check(id, XDocument.Parse(Encoding.UTF8.GetString(documentation).TrimStart('\uFEFF')).Descendants("member").Any(), "its documentation is empty");
    foreach (var (name, bytes) in new[] { (".dll", library), (".pdb", pdb), (".xml", documentation) })
        foreach (var path in new[] { Directory.GetCurrentDirectory(), Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + Path.DirectorySeparatorChar })
            Check(id, bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(path)) < 0 && bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(path)) < 0, $"its {name} names this machine's {path}");

    using var image = new PEReader(new MemoryStream(library));
    var entries = image.ReadDebugDirectory();
    Check(id, entries.Any(entry => entry.Type == DebugDirectoryEntryType.Reproducible), "its library is not deterministic");
    var link = image.ReadCodeViewDebugDirectoryData(entries.First(entry => entry.Type == DebugDirectoryEntryType.CodeView));
    using var provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(pdb));
    var reader = provider.GetMetadataReader();
    Check(id, new BlobContentId(reader.DebugMetadataHeader!.Id).Guid == link.Guid, "the symbols are of another build");
    var embedded = reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation).Where(information => reader.GetGuid(information.Kind) == embeddedSource).Select(information => information.Parent).ToHashSet();
    foreach (var handle in reader.Documents)
    {
        var name = reader.GetString(reader.GetDocument(handle).Name);
        Check(id, name.StartsWith("/_/", StringComparison.Ordinal), $"its symbols name the source '{name}'; expected /_/...");
        Check(id, embedded.Contains(handle), $"its symbols lack the source '{name}'");
    }
    if (args.Length < 2) return;
    foreach (var (name, bytes) in new[] { ($"{id}.dll", library), ($"{id}.pdb", pdb) })
        Check(id, bytes.AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(args[1], id, "bin", "Release", "net10.0", name))), $"built again, {name} is another");
}

void Check(string id, bool holds, string problem)
{
    if (!holds) problems.Add($"{id}: {problem}.");
}

static Dictionary<string, byte[]> Contents(string archive)
{
    using var zip = ZipFile.OpenRead(archive);
    return zip.Entries.Where(entry => entry.Length < 10_000_000).ToDictionary(entry => entry.FullName, entry =>
    {
        using var stream = entry.Open();
        var bytes = new byte[entry.Length];
        stream.ReadExactly(bytes);
        return bytes;
    });
}

static XElement About(string id, Dictionary<string, byte[]> held)
{
    using var stream = new MemoryStream(held[$"{id}.nuspec"]);
    return XDocument.Load(stream).Root!.Elements().Single();
}

static string? Value(XElement about, string name) => about.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value;

// [5.0.1,5.1) and [5.0.1, 5.1.0) are the same.
static string? Range(string? version) => version is null ? null : string.Join(',', version.Split(',').Select(end => end.Trim()).Select(end => end.Count(letter => letter == '.') < 2 && end[^1] is ')' or ']' ? $"{end[..^1]}.0{end[^1]}" : end));
