using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Data;

namespace Microsoft.ML.PLD;

/// <summary>The classes of a label column, in the order of their keys: how many, and the values they stand for, if the column has them.</summary>
internal sealed class LabelMap
{
    private static readonly PrimitiveDataViewType[] ItemTypes =
    [
        TextDataViewType.Instance, BooleanDataViewType.Instance,
        NumberDataViewType.Single, NumberDataViewType.Double,
        NumberDataViewType.SByte, NumberDataViewType.Int16, NumberDataViewType.Int32, NumberDataViewType.Int64,
        NumberDataViewType.Byte, NumberDataViewType.UInt16, NumberDataViewType.UInt32, NumberDataViewType.UInt64,
        DateTimeDataViewType.Instance, DateTimeOffsetDataViewType.Instance, TimeSpanDataViewType.Instance,
    ];

    private const int LongestJson = 1 << 26;

    private static readonly JsonSerializerOptions Json = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, // a number label may be NaN
        Converters = { new TextConverter() },
    };

    private readonly PrimitiveDataViewType? _itemType;
    private readonly Array? _values; // of the item type's raw type, one a class

    private LabelMap(int count, PrimitiveDataViewType? itemType, Array? values)
    {
        (Count, _itemType, _values) = (count, itemType, values);
        KeyType = new KeyDataViewType(typeof(uint), count);
    }

    /// <summary>Classes with names; null: without.</summary>
    public static LabelMap Named(int count, IReadOnlyList<string>? names) =>
        names is null ? new(count, null, null) : new(count, TextDataViewType.Instance, names.Select(name => name.AsMemory()).ToArray());

    /// <summary>False and true.</summary>
    public static LabelMap Truth { get; } = new(2, BooleanDataViewType.Instance, new[] { false, true });

    public int Count { get; }

    /// <summary>The type of a column that predicts one of these classes.</summary>
    public KeyDataViewType KeyType { get; }

    /// <summary>Whether the classes have names, which can serve as names of the slots of a vector.</summary>
    public bool AreText => _itemType is TextDataViewType;

    /// <summary>Reads the classes of a column that <see cref="InputColumn.KeyLabel"/> accepts.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are more classes, or they are of a stranger type, than a classifier can have.</exception>
    public static LabelMap Of(DataViewSchema.Column label)
    {
        var keys = ((KeyDataViewType)label.Type).Count;
        if (keys is 0 or > int.MaxValue)
            throw new ArgumentOutOfRangeException("inputSchema",
                $"The label column '{label.Name}' has {keys} classes; expected 2 to {int.MaxValue}.");
        var count = (int)keys;
        if (label.Annotations.Schema.GetColumnOrNull(ScoreAnnotations.KeyValues)?.Type is not VectorDataViewType type || type.Size != count)
            return new LabelMap(count, null, null);

        if (!ItemTypes.Contains(type.ItemType))
            throw new ArgumentOutOfRangeException("inputSchema",
                $"The label column '{label.Name}' has keys for values of type {type.ItemType}; "
                + $"expected one of: {string.Join<DataViewType>(", ", ItemTypes)}.");
        return new LabelMap(count, type.ItemType, (Array)Generic(nameof(ReadValues), type.ItemType.RawType, label.Annotations));
    }

    /// <summary>Stands in for the classes of a column that is only promised yet: right in everything but their number and values.</summary>
    public static LabelMap PromisedBy(SchemaShape.Column label)
    {
        foreach (var annotation in label.Annotations)
            if (annotation is { Name: ScoreAnnotations.KeyValues, Kind: SchemaShape.Column.VectorKind.Vector }
                && annotation.ItemType is PrimitiveDataViewType type && ItemTypes.Contains(type))
                return new LabelMap(1, type, Array.CreateInstance(type.RawType, 1));
        return new LabelMap(1, null, null);
    }

    /// <summary>Adds the values of the classes as a vector, unless they have none.</summary>
    public void Annotate(DataViewSchema.Annotations.Builder annotations, string name)
    {
        if (_itemType is null) return;
        Generic(nameof(AddValues), _itemType.RawType, annotations, name, new VectorDataViewType(_itemType, Count), _values!);
    }

    /// <summary>The name or number of a class, for messages.</summary>
    /// <param name="index">From 0.</param>
    public string Describe(int index) => _values?.GetValue(index) switch
    {
        null => $"{index + 1}",
        bool truth => truth ? "true" : "false",
        var value => FormattableString.Invariant($"{value}"),
    };

    /// <summary>A name for each class, and for each another: its value, or a number where values are missing or look alike.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            string[] names = [.. Enumerable.Range(0, Count).Select(Describe)];
            return _values is not null && names.Distinct().Count() == Count && !names.Contains("") ? names : [.. Enumerable.Range(0, Count).Select(index => $"LABEL_{index}")];
        }
    }

    /// <summary>Whether the same keys mean the same classes.</summary>
    public bool IsSameAs(LabelMap other) => Count == other.Count
        && (_values is null || other._values is null || Enumerable.Range(0, Count).All(index => Describe(index) == other.Describe(index)));

    public void Save(Stream stream)
    {
        JsonElement? values = _values is null ? null : JsonSerializer.SerializeToElement(_values, _values.GetType(), Json);
        JsonSerializer.Serialize(stream, new Saved(Count, _itemType?.ToString(), values), Json);
    }

    /// <exception cref="InvalidDataException">The stream does not hold what <see cref="Save"/> writes.</exception>
    public static LabelMap Load(Stream stream)
    {
        if (stream.Length > LongestJson) throw new InvalidDataException($"It has {stream.Length:N0} bytes; expected at most {LongestJson:N0}.");
        var text = UntrustedJson.ReadAll(stream);
        var saved = UntrustedJson.Parse<Described>(text, Json);
        if (saved is not { Classes: > 0 }) throw new InvalidDataException("No number of classes.");
        if (saved.Type is null) return new LabelMap(saved.Classes, null, null);

        var type = Array.Find(ItemTypes, type => type.ToString() == saved.Type)
            ?? throw new InvalidDataException($"Unknown type of classes '{saved.Type}'.");
        return new LabelMap(saved.Classes, type, type.RawType == typeof(byte)
            ? ParseBytes(text, saved.Classes)
            : (Array)Generic(nameof(ParseValues), type.RawType, text, saved.Classes));
    }

    // Counted first: a list that grows would take several times the memory.
    private static T[] ParseValues<T>(byte[] text, int count)
    {
        var json = AtValues(text);
        if (json.TokenType != JsonTokenType.StartArray) throw new InvalidDataException("No values of classes.");
        var counting = json;
        var found = 0;
        for (; counting.Read() && counting.TokenType != JsonTokenType.EndArray; found++) counting.Skip();
        if (found != count) throw new InvalidDataException($"{count} classes, but values of {found}.");

        var values = new T[count];
        for (var i = 0; json.Read() && i < values.Length; i++) values[i] = JsonSerializer.Deserialize<T>(ref json, Json)!;
        return values;
    }

    // The serializer has a form of its own for bytes.
    private static byte[] ParseBytes(byte[] text, int count)
    {
        var json = AtValues(text);
        var values = json.TokenType == JsonTokenType.String && json.TryGetBytesFromBase64(out var bytes) ? bytes : throw new InvalidDataException("No values of classes.");
        return values.Length == count ? values : throw new InvalidDataException($"{count} classes, but values of {values.Length}.");
    }

    private static Utf8JsonReader AtValues(byte[] text)
    {
        var json = new Utf8JsonReader(UntrustedJson.Trim(text));
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isValues = json.ValueTextEquals(nameof(Saved.Values));
            json.Read();
            if (isValues) break;
            json.Skip();
        }
        return json;
    }

    private static T[] ReadValues<T>(DataViewSchema.Annotations annotations)
    {
        VBuffer<T> values = default;
        annotations.GetValue(ScoreAnnotations.KeyValues, ref values);
        return values.DenseValues().ToArray();
    }

    private static void AddValues<T>(DataViewSchema.Annotations.Builder annotations, string name, VectorDataViewType type, T[] values) =>
        annotations.Add(name, type, (ref VBuffer<T> value) =>
        {
            var editor = VBufferEditor.Create(ref value, values.Length);
            values.CopyTo(editor.Values);
            value = editor.Commit();
        });

    private static object Generic(string method, Type type, params object[] arguments) =>
        typeof(LabelMap).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(type).Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;

    private sealed record Described(int Classes, string? Type);

    private sealed record Saved(int Classes, string? Type, JsonElement? Values);

    private sealed class TextConverter : JsonConverter<ReadOnlyMemory<char>>
    {
        public override ReadOnlyMemory<char> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetString().AsMemory();

        public override void Write(Utf8JsonWriter writer, ReadOnlyMemory<char> value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Span);
    }
}
