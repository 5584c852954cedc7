using Microsoft.ML.Data;

namespace Microsoft.ML.PLD;

/// <summary>A column that an estimator or transformer reads: its name, what it is for, and what its values must be.</summary>
internal sealed class InputColumn
{
    private readonly Func<DataViewType, bool> _accepts;
    private readonly Func<SchemaShape.Column, bool> _promises;

    private InputColumn(string name, string role, string expected, Func<DataViewType, bool> accepts, Func<SchemaShape.Column, bool> promises)
    {
        if (string.IsNullOrEmpty(name)) throw new ArgumentException($"The name of the {role} column is empty.");
        (Name, Role, Expected, _accepts, _promises) = (name, role, expected, accepts, promises);
    }

    public string Name { get; }

    /// <summary>As in "Could not find {role} column".</summary>
    public string Role { get; }

    /// <summary>The type, as ML.NET writes it.</summary>
    public string Expected { get; }

    public static InputColumn Text(string name) => Scalar<TextDataViewType>(name, "input", "String");

    /// <summary>What ML.NET's multiclass trainers take as a label: the result of <c>MapValueToKey</c>.</summary>
    public static InputColumn KeyLabel(string name) => new(name, "label", "Key<UInt32>",
        type => type is KeyDataViewType && type.RawType == typeof(uint),
        column => column is { Kind: SchemaShape.Column.VectorKind.Scalar, IsKey: true } && column.ItemType.RawType == typeof(uint));

    /// <summary>What ML.NET's binary trainers take as a label.</summary>
    public static InputColumn BooleanLabel(string name) => Scalar<BooleanDataViewType>(name, "label", "Boolean");

    /// <summary>What ML.NET's regression trainers take as a label.</summary>
    public static InputColumn NumberLabel(string name) => Number(name, "label");

    /// <summary>How much a row counts.</summary>
    public static InputColumn Weight(string name) => Number(name, "weight");

    /// <summary>What any of ML.NET's trainers takes as a label.</summary>
    public static InputColumn AnyLabel(string name) => new(name, "label", "Key<UInt32>, Boolean or Single",
        type => type is KeyDataViewType && type.RawType == typeof(uint) || type is BooleanDataViewType || type == NumberDataViewType.Single,
        column => column.Kind == SchemaShape.Column.VectorKind.Scalar && (column.IsKey ? column.ItemType.RawType == typeof(uint) : column.ItemType is BooleanDataViewType || column.ItemType == NumberDataViewType.Single));

    /// <summary>A number for each class.</summary>
    public static InputColumn Scores(string name) => new(name, "score", "Vector<Single>",
        type => type is VectorDataViewType vector && vector.ItemType == NumberDataViewType.Single,
        column => column.Kind == SchemaShape.Column.VectorKind.Vector && column.ItemType == NumberDataViewType.Single);

    /// <summary>A predicted number.</summary>
    public static InputColumn Prediction(string name) => Number(name, "score");

    /// <summary>The probability of true.</summary>
    public static InputColumn Probability(string name) => Number(name, "probability");

    /// <summary>True or false, as predicted.</summary>
    public static InputColumn Answer(string name) => Scalar<BooleanDataViewType>(name, "predicted label", "Boolean");

    private static InputColumn Number(string name, string role) => new(name, role, "Single",
        type => type == NumberDataViewType.Single,
        column => column is { Kind: SchemaShape.Column.VectorKind.Scalar, IsKey: false } && column.ItemType == NumberDataViewType.Single);

    private static InputColumn Scalar<TType>(string name, string role, string expected) where TType : DataViewType => new(name, role, expected,
        type => type is TType,
        column => column is { Kind: SchemaShape.Column.VectorKind.Scalar, IsKey: false, ItemType: TType });

    /// <exception cref="ArgumentOutOfRangeException">The column is not there, or holds something else.</exception>
    public DataViewSchema.Column FindIn(DataViewSchema schema)
    {
        var found = schema.GetColumnOrNull(Name)
            ?? throw Missing(schema.Where(column => !column.IsHidden).Select(column => $"{column.Name} ({column.Type})"));
        return _accepts(found.Type) ? found : throw Mismatch($"{found.Type}");
    }

    /// <exception cref="ArgumentOutOfRangeException">The column is not promised, or something else is.</exception>
    public SchemaShape.Column FindIn(SchemaShape shape)
    {
        foreach (var column in shape)
            if (column.Name == Name) return _promises(column) ? column : throw Mismatch(Describe(column));
        throw Missing(shape.Select(column => $"{column.Name} ({Describe(column)})"));
    }

    private static string Describe(SchemaShape.Column column)
    {
        var item = column.IsKey ? $"Key<{column.ItemType}>" : $"{column.ItemType}";
        return column.Kind == SchemaShape.Column.VectorKind.Scalar ? item : $"{column.Kind}<{item}>";
    }

    private ArgumentOutOfRangeException Missing(IEnumerable<string> there) => new("inputSchema",
        $"Could not find {Role} column '{Name}' (expected type {Expected}). The columns are: {string.Join(", ", there)}.");

    private ArgumentOutOfRangeException Mismatch(string found) => new("inputSchema",
        $"Schema mismatch for {Role} column '{Name}': expected {Expected}, got {found}.{Advice}");

    private string Advice => (Role, Expected) switch
    {
        ("label", "Key<UInt32>") => " Append Transforms.Conversion.MapValueToKey before the trainer.",
        ("label", "Key<UInt32>, Boolean or Single") => "",
        ("label" or "weight", _) => $" Append Transforms.Conversion.ConvertType to {Expected} before the trainer.",
        _ => "",
    };
}
