namespace Microsoft.ML.PLD.Tests;

/// <summary>Schemas and shapes as text, with everything in them, so that two of them are equal when their texts are.</summary>
internal static class SchemaText
{
    public static string Of(DataViewSchema schema) => Join(schema.Select(Of));

    public static string Of(DataViewSchema.Column column) => $"{column.Name}: {column.Type}{(column.IsHidden ? " hidden" : "")}"
        + string.Concat(column.Annotations.Schema.OrderBy(annotation => annotation.Name, StringComparer.Ordinal)
            .Select(annotation => $"\n    {annotation.Name}: {annotation.Type} = {Value(column.Annotations, annotation)}"));

    public static string Of(SchemaShape shape) => Join(shape.OrderBy(column => column.Name, StringComparer.Ordinal).Select(column => Of(column, "    ")));

    private static string Of(SchemaShape.Column column, string indent) => $"{column.Name}: {column.Kind} {column.ItemType}{(column.IsKey ? " key" : "")}"
        + string.Concat(column.Annotations.OrderBy(annotation => annotation.Name, StringComparer.Ordinal)
            .Select(annotation => $"\n{indent}{Of(annotation, indent + "    ")}"));

    private static string Value(DataViewSchema.Annotations annotations, DataViewSchema.Column annotation) =>
        RowValues.Text(RowValues.Reader(annotation, annotations)());

    private static string Join(IEnumerable<string> lines) => string.Join('\n', lines);
}
