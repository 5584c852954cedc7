#:project ../src/Microsoft.ML.PLD/Microsoft.ML.PLD.csproj
#:property TargetFramework=net10.0
#:property PublishAot=false
#:property NoWarn=CS1591

// Writes docs/options.md: every option with its type, its default and what its documentation says. Defaults are read from instances, texts from the compiler's XML file.
//
//     dotnet run -c Release build/options-reference.cs              # writes the page
//     dotnet run -c Release build/options-reference.cs -- --check   # says whether it is stale, and writes nothing
using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.ML.PLD;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var page = new ReferencePage(
    new("Estimators and trainers", "What `mlContext.Transforms.PldBert` and the three `Trainers.PldBert` take.",
        typeof(PldBertEstimator.Options), typeof(PldBertTrainerOptions), typeof(PldBertMulticlassTrainer.Options), typeof(PldBertBinaryTrainer.Options), typeof(PldBertRegressionTrainer.Options)),
    new("Training", "What changes the result.", typeof(PretrainingOptions), typeof(FineTuningOptions), typeof(LearningRateSchedule), typeof(AdamWOptions)),
    new("Running", "Where it is computed, and how it survives.", typeof(RuntimeOptions), typeof(CheckpointOptions)),
    new("Architecture", "What changes the shape of the weights.", typeof(BertConfig)),
    new("Text and files", "What the parts take that can be used without ML.NET.", typeof(WordPieceTrainerOptions), typeof(CorpusOptions), typeof(OnnxExportOptions)));
var file = Path.Combine(Root(), "docs", "options.md");
var text = page.ToString();
var isStale = !File.Exists(file) || File.ReadAllText(file).ReplaceLineEndings("\n") != text;
if (args is ["--check"])
{
    Console.WriteLine(isStale ? "docs/options.md is stale: run build/options-reference.cs." : "docs/options.md is that of this build.");
    return isStale ? 1 : 0;
}
File.WriteAllText(file, text);
Console.WriteLine($"{file}: {page.Count} options{(isStale ? ", something new" : "")}");
return 0;

static string Root()
{
    var folder = new DirectoryInfo(Environment.CurrentDirectory);
    while (!File.Exists(Path.Combine(folder.FullName, "PLD.MLNet.sln"))) folder = folder.Parent ?? throw new DirectoryNotFoundException("Run this inside the repository.");
    return folder.FullName;
}

/// <summary>A part of the page.</summary>
file sealed record Part(string Title, string Text, params Type[] Types);

/// <summary>The page as text.</summary>
file sealed class ReferencePage
{
    private readonly StringBuilder _text = new();
    private readonly Documentation _documentation = new(typeof(BertConfig).Assembly);
    private readonly SortedDictionary<string, Type> _choices = new(StringComparer.Ordinal);
    private readonly HashSet<Type> _shown;

    public ReferencePage(params Part[] parts)
    {
        var all = typeof(BertConfig).Assembly.GetExportedTypes();
        _shown = [.. parts.SelectMany(part => part.Types)];
        string[] forgotten = [.. all.Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) && !_shown.Contains(type)).Select(Names.Of)];
        if (forgotten.Length > 0) throw new InvalidOperationException($"No part of the page has {string.Join(", ", forgotten)}: name them in build/options-reference.cs.");
        Type[] schedules = [.. all.Where(type => type.IsAssignableTo(typeof(ILayerSchedule)) && type.IsClass).OrderBy(type => type.Name, StringComparer.Ordinal)];

        Line("# All options");
        Line("");
        Line("Made by `build/options-reference.cs` from the library's documentation comments and, for the defaults, from instances: do not edit it by hand. What to choose: [choosing-options.md](choosing-options.md).");
        Line("");
        foreach (var part in parts) Line($"- {part.Title}: {string.Join(", ", part.Types.Select(Link))}");
        Line($"- Layer schedules: {string.Join(", ", schedules.Select(Link))}");
        Line("- [Choices](#choices): the values of enumerations");
        foreach (var part in parts)
        {
            Section($"## {part.Title}", part.Text);
            foreach (var type in part.Types) Options(type);
        }
        Section("## Layer schedules", "What `LayerSchedule` of `PretrainingOptions` and `FineTuningOptions` takes, by the parameters of their constructors. Which to take: [which-schedule.md](which-schedule.md).");
        foreach (var schedule in schedules) Schedule(schedule);
        Section("## Choices", "The values of options that are enumerations; the first one is the default unless a table says otherwise.");
        foreach (var choice in _choices.Values) Choice(choice);
    }

    /// <summary>How many options there are.</summary>
    public int Count { get; private set; }

    public override string ToString() => _text.ToString().Replace("\n\n\n", "\n\n");

    private void Options(Type type)
    {
        Section($"### {Names.Of(type)}", _documentation.Of(type, type));
        var instance = Activator.CreateInstance(type.IsAbstract ? typeof(PldBertMulticlassTrainer.Options) : type, nonPublic: true)!;
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(property => property.SetMethod is { IsPublic: true }).ToArray();
        if (properties.Length == 0) Line("It has no options of its own beside those of `PldBertTrainerOptions`.");
        else
        {
            Header("option");
            foreach (var property in properties) Row(property.Name, property.PropertyType, new NullabilityInfoContext().Create(property), Values.Of(property.GetValue(instance)), _documentation.Of(property, type));
        }
        var presets = type.GetProperties(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly).Where(property => property.PropertyType == type).ToArray();
        if (presets.Length == 0) return;
        Line("");
        Line("| preset | meaning |");
        Line("|---|---|");
        foreach (var preset in presets) Line($"| `{type.Name}.{preset.Name}` | {_documentation.Of(preset, type)} |");
    }

    private void Schedule(Type type)
    {
        Section($"### {type.Name}", _documentation.Of(type, type));
        foreach (var constructor in type.GetConstructors().OrderBy(constructor => constructor.GetParameters().Length))
        {
            var parameters = constructor.GetParameters();
            if (parameters.Length == 0 && _documentation.Of(constructor, type) is { Length: > 0 } usual) Line($"`new {type.Name}()`: {usual}\n");
            if (parameters.Length == 0) continue;
            Header("parameter");
            foreach (var parameter in parameters)
                Row(parameter.Name!, parameter.ParameterType, new NullabilityInfoContext().Create(parameter), parameter.HasDefaultValue ? Values.Of(parameter.DefaultValue, parameter.ParameterType) : "", _documentation.Of(constructor, parameter, type));
        }
    }

    private void Choice(Type type)
    {
        Section($"### {type.Name}", _documentation.Of(type, type));
        Line("| value | meaning |");
        Line("|---|---|");
        foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Static)) Line($"| `{field.Name}` | {_documentation.Of(field, type)} |");
    }

    private void Row(string name, Type type, NullabilityInfo nullability, string usual, string meaning)
    {
        Count++;
        if ((Nullable.GetUnderlyingType(type) ?? type) is { IsEnum: true } choice) _choices[choice.Name] = choice;
        Line($"| `{name}` | {Names.Of(type, nullability, LinkOrNull)} | {(usual.Length == 0 ? "" : $"`{usual}`")} | {meaning} |");
    }

    private void Header(string first)
    {
        Line($"| {first} | type | default | meaning |");
        Line("|---|---|---|---|");
    }

    private void Section(string title, string text)
    {
        Line("");
        Line(title);
        Line("");
        if (text.Length == 0) return;
        Line(text);
        Line("");
    }

    private string? LinkOrNull(Type type) => _shown.Contains(type) || type.IsEnum ? Link(type) : null;

    private static string Link(Type type) => $"[`{Names.Of(type)}`](#{Names.Of(type).Replace(".", "").ToLowerInvariant()})";

    private void Line(string line) => _text.Append(line).Append('\n');
}

/// <summary>The compiler's XML file.</summary>
file sealed class Documentation(Assembly assembly)
{
    private readonly Dictionary<string, XElement> _members = XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member").ToDictionary(member => member.Attribute("name")!.Value);

    public string Of(MemberInfo member, Type within) => Text(Find(IdOf(member))?.Element("summary"), within);

    public string Of(ConstructorInfo constructor, ParameterInfo parameter, Type within) =>
        Text(Find(IdOf(constructor))?.Elements("param").FirstOrDefault(element => element.Attribute("name")!.Value == parameter.Name), within);

    private XElement? Find(string id)
    {
        var member = _members.GetValueOrDefault(id);
        return member?.Element("inheritdoc")?.Attribute("cref")?.Value is { } other ? Find(other) : member;
    }

    private static string IdOf(MemberInfo member) => member switch
    {
        Type type => $"T:{type.FullName!.Replace('+', '.')}",
        PropertyInfo property => $"P:{property.DeclaringType!.FullName!.Replace('+', '.')}.{property.Name}",
        FieldInfo field => $"F:{field.DeclaringType!.FullName!.Replace('+', '.')}.{field.Name}",
        ConstructorInfo { DeclaringType: { } type } constructor when constructor.GetParameters() is { Length: > 0 } parameters =>
            $"M:{type.FullName}.#ctor({string.Join(',', parameters.Select(parameter => IdOfParameter(parameter.ParameterType)))})",
        _ => $"M:{member.DeclaringType!.FullName}.#ctor",
    };

    // Tuples of parameters, as of ComposedSchedule: System.ValueTuple{A,B}[].
    private static string IdOfParameter(Type type) => type.IsArray ? $"{IdOfParameter(type.GetElementType()!)}[]"
        : type.IsGenericType ? $"{type.GetGenericTypeDefinition().FullName!.Split('`')[0]}{{{string.Join(',', type.GetGenericArguments().Select(IdOfParameter))}}}"
        : type.FullName!.Replace('+', '.');

    private static string Text(XElement? element, Type within) => element is null ? "" : Regex.Replace(string.Concat(element.Nodes().Select(node => Text(node, within))), @"\s+", " ").Trim().Replace("|", "\\|");

    private static string Text(XNode node, Type within) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" } see when see.Attribute("cref")?.Value is { } id => see.IsEmpty ? $"`{Short(id, within)}`" : see.Value,
        XElement { Name.LocalName: "see" } see => see.Attribute("langword") is { } word ? $"`{word.Value}`" : see.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "paramref" } parameter => $"`{parameter.Attribute("name")!.Value}`",
        XElement other => string.Concat(other.Nodes().Select(inner => Text(inner, within))),
        _ => "",
    };

    // Members of other types with the type's name.
    private static string Short(string id, Type within)
    {
        var isType = id.StartsWith("T:", StringComparison.Ordinal);
        var parts = id[2..].Split('(')[0].Split('.');
        if (isType) return parts[^1] == "Options" ? $"{parts[^2]}.Options" : parts[^1];
        if (parts[^1] == "#ctor") return parts[^2];
        return parts[^2] == within.Name ? parts[^1] : parts[^2] == "Options" ? $"{parts[^3]}.Options.{parts[^1]}" : $"{parts[^2]}.{parts[^1]}";
    }
}

/// <summary>Types as C# writes them.</summary>
file static class Names
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(int)] = "int", [typeof(long)] = "long", [typeof(ulong)] = "ulong", [typeof(double)] = "double", [typeof(bool)] = "bool", [typeof(string)] = "string", [typeof(float)] = "float",
    };

    public static string Of(Type type) => Keywords.GetValueOrDefault(type) ?? (type.IsAssignableTo(typeof(ITuple)) && type.IsGenericType ? $"({Arguments(type)})"
        : type.IsGenericType ? $"{type.Name.Split('`')[0]}<{Arguments(type)}>"
        : type.IsArray ? $"{Of(type.GetElementType()!)}[]" : type.IsNested ? $"{type.DeclaringType!.Name}.{type.Name}" : type.Name);

    private static string Arguments(Type type) => string.Join(", ", type.GetGenericArguments().Select(Of));

    /// <summary>With a link, where the page has the type.</summary>
    public static string Of(Type type, NullabilityInfo nullability, Func<Type, string?> link)
    {
        var value = Nullable.GetUnderlyingType(type);
        var mark = value is not null || nullability.ReadState == NullabilityState.Nullable ? "?" : "";
        return link(value ?? type) is { } linked ? linked + (mark.Length > 0 ? " or null" : "") : $"`{Of(value ?? type)}{mark}`";
    }
}

/// <summary>Defaults as C# writes them.</summary>
file static class Values
{
    public static string Of(object? value, Type? type = null) => value switch
    {
        null => type is { IsValueType: true } && Nullable.GetUnderlyingType(type) is null ? "default" : "null",
        bool truth => truth ? "true" : "false",
        string text => $"\"{text}\"",
        double number => double.IsInfinity(number) ? "double.PositiveInfinity" : number is >= 1e-3 or 0 ? number.ToString("0.######", CultureInfo.InvariantCulture) : number.ToString("0.###e-0", CultureInfo.InvariantCulture),
        TimeSpan time => $"{time.TotalMinutes:0.##} minutes",
        CancellationToken => "none",
        Enum choice => $"{choice.GetType().Name}.{choice}",
        IFormattable number => number.ToString("N0", CultureInfo.InvariantCulture).Replace(",", "_"),
        BertConfig config when Preset(config) is { } preset => preset,
        IEnumerable many when !many.Cast<object>().Any() => "[]",
        ILayerSchedule schedule => $"new {schedule.GetType().Name}()",
        _ => Record(value),
    };

    private static string? Preset(BertConfig config) =>
        typeof(BertConfig).GetProperties(BindingFlags.Public | BindingFlags.Static).FirstOrDefault(preset => config.Equals(preset.GetValue(null))) is { } found ? $"BertConfig.{found.Name}" : null;

    // What differs from the type's own defaults.
    private static string Record(object value)
    {
        var usual = Activator.CreateInstance(value.GetType())!;
        var differences = value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.SetMethod is { IsPublic: true } && !Equals(property.GetValue(value), property.GetValue(usual)))
            .Select(property => $"{property.Name} = {Of(property.GetValue(value))}").ToArray();
        return differences.Length == 0 ? "new()" : $"new() {{ {string.Join(", ", differences)} }}";
    }
}
