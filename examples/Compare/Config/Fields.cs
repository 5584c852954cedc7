using System.Globalization;
using System.Text.Json;

namespace Compare;

/// <summary>An object of the config, read field by field. What is wrong is noted: which field, what was found, what is expected.</summary>
internal sealed class Fields
{
    private readonly JsonElement _object;
    private readonly ICollection<string> _problems;
    private readonly List<string> _known = [];

    private Fields(JsonElement value, string path, ICollection<string> problems)
    {
        (Path, _problems) = (path, problems);
        if (value.ValueKind == JsonValueKind.Object) _object = value;
        else Note(null, Found(value), "an object");
    }

    /// <summary>Where it stands, for messages; empty for the whole file.</summary>
    public string Path { get; }

    /// <summary>The object without white space: the same for the same content in the same order.</summary>
    public string Compact => _object.ValueKind == JsonValueKind.Object ? JsonSerializer.Serialize(_object) : "";

    /// <param name="json">The file's text.</param>
    /// <param name="problems">Takes what is wrong.</param>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static Fields Of(string json, ICollection<string> problems)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowDuplicateProperties = false });
        return new Fields(document.RootElement.Clone(), "", problems);
    }

    /// <summary>Notes what is wrong with a field, or with the object itself.</summary>
    public void Note(string? name, string found, string expected) =>
        _problems.Add($"{(name is null ? Path.Length > 0 ? Path : "The file" : PathOf(name))} is {found}; expected {expected}.");

    /// <summary>Notes what somebody else found wrong with the object.</summary>
    public void Refuse(string problem) => _problems.Add($"{Path}: {problem}.");

    public double Number(string name, double? usual, double least = double.NegativeInfinity, double most = double.PositiveInfinity)
    {
        var expected = (least, most) switch
        {
            (double.NegativeInfinity, double.PositiveInfinity) => "a number, or \"infinity\"",
            (_, double.PositiveInfinity) => string.Create(CultureInfo.InvariantCulture, $"a number from {least}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"),
        };
        if (Find(name, usual is null, expected) is not { } value) return usual ?? double.NaN;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= most) return number;
        if (most == double.PositiveInfinity && value.ValueKind == JsonValueKind.String && value.GetString() == "infinity") return double.PositiveInfinity;
        Note(name, Found(value), expected);
        return usual ?? double.NaN;
    }

    public int Whole(string name, int? usual, int least = 0)
    {
        var expected = $"a whole number from {least}";
        if (Find(name, usual is null, expected) is not { } value) return usual ?? least;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least) return number;
        Note(name, Found(value), expected);
        return usual ?? least;
    }

    public bool Flag(string name, bool usual)
    {
        if (Find(name, isRequired: false, "") is not { } value) return usual;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        Note(name, Found(value), "true or false");
        return usual;
    }

    public string Text(string name, string? usual)
    {
        if (Find(name, usual is null, "a text") is not { } value) return usual ?? "";
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text) return text;
        Note(name, Found(value), "a text");
        return usual ?? "";
    }

    /// <summary>One of the names of a type, small and capital letters alike.</summary>
    public T Choice<T>(string name, T? usual) where T : struct, Enum
    {
        var expected = OneOf(Enum.GetNames<T>());
        if (Find(name, usual is null, expected) is not { } value) return usual ?? default;
        if (value.ValueKind == JsonValueKind.String && Enum.GetNames<T>().FirstOrDefault(one => one.Equals(value.GetString(), StringComparison.OrdinalIgnoreCase)) is { } found)
            return Enum.Parse<T>(found);
        Note(name, Found(value), expected);
        return usual ?? default;
    }

    /// <summary>Texts; none where the field is not there.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        var values = Items(name, "a list of texts");
        foreach (var value in values.Where(value => value.ValueKind != JsonValueKind.String)) Note(name, $"a list with {Found(value)}", "a list of texts");
        return [.. values.Where(value => value.ValueKind == JsonValueKind.String).Select(value => value.GetString()!)];
    }

    /// <summary>Whole numbers from 0; none where the field is not there.</summary>
    public IReadOnlyList<ulong> Wholes(string name)
    {
        var numbers = new List<ulong>();
        foreach (var value in Items(name, "a list of whole numbers"))
            if (value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out var number)) numbers.Add(number);
            else Note(name, $"a list with {Found(value)}", "a list of whole numbers from 0");
        return numbers;
    }

    /// <summary>An object within this one; null where it is not there.</summary>
    public Fields? Object(string name, bool isRequired = false) => Find(name, isRequired, "an object") is { } value ? new Fields(value, PathOf(name), _problems) : null;

    /// <summary>A list of objects within this one; none where it is not there.</summary>
    public IReadOnlyList<Fields> Objects(string name) => [.. Items(name, "a list of objects").Select((value, i) => new Fields(value, $"{PathOf(name)}[{i}]", _problems))];

    /// <summary>Notes the fields that nobody has asked for.</summary>
    public void End()
    {
        if (_object.ValueKind != JsonValueKind.Object) return;
        foreach (var field in _object.EnumerateObject())
            if (!_known.Contains(field.Name)) _problems.Add($"{PathOf(field.Name)} is no field of the config; expected {OneOf(_known)}.");
    }

    public static string OneOf(IEnumerable<string> names) => $"one of: {string.Join(", ", names)}";

    private string PathOf(string name) => Path.Length > 0 ? $"{Path}.{name}" : name;

    private JsonElement? Find(string name, bool isRequired, string expected)
    {
        _known.Add(name);
        if (_object.ValueKind != JsonValueKind.Object) return null;
        if (_object.TryGetProperty(name, out var value)) return value;
        if (isRequired) Note(name, "missing", expected);
        return null;
    }

    private IReadOnlyList<JsonElement> Items(string name, string expected)
    {
        if (Find(name, isRequired: false, expected) is not { } value) return [];
        if (value.ValueKind == JsonValueKind.Array) return [.. value.EnumerateArray()];
        Note(name, Found(value), expected);
        return [];
    }

    private static string Found(JsonElement value)
    {
        const int most = 60;
        var text = value.GetRawText();
        return text.Length <= most ? text : $"{text[..most]}...";
    }
}
