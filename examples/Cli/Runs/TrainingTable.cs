using Microsoft.ML;
using Microsoft.ML.Data;

namespace Cli;

/// <summary>Labelled rows as ML.NET takes them: the texts under their columns' own names, the label in a form for each kind of task.</summary>
internal sealed class TrainingTable
{
    public const string Class = "(class)", Truth = "(truth)", Number = "(number)";

    /// <summary>The label that a trainer of the kind takes; that of classes is a key, made of <see cref="Class"/>.</summary>
    public static string LabelOf(TaskKind kind) => kind switch { TaskKind.Classes => "(label)", TaskKind.Binary => Truth, _ => Number };

    public string First { get; set; } = "";

    public string Second { get; set; } = "";

    [ColumnName(Class)]
    public string ClassName { get; set; } = "";

    [ColumnName(Truth)]
    public bool IsTrue { get; set; }

    [ColumnName(Number)]
    public float Value { get; set; }

    public static IDataView Of(MLContext mlContext, LabelledRows rows, Columns columns, TaskKind kind)
    {
        var (truths, numbers) = (kind == TaskKind.Binary ? rows.Truths() : [], kind == TaskKind.Number ? rows.Numbers() : []);
        return mlContext.Data.LoadFromEnumerable(rows.Rows.Select((row, i) => new TrainingTable
        {
            First = row.First, Second = row.Second, ClassName = row.Label, IsTrue = kind == TaskKind.Binary && truths[i], Value = kind == TaskKind.Number ? numbers[i] : 0,
        }), Schema(columns));
    }

    /// <summary>The texts alone: what the trained model takes.</summary>
    public static DataViewSchema Inputs(Columns columns)
    {
        var schema = new DataViewSchema.Builder();
        foreach (var name in new[] { columns.Text, columns.Text2 }.OfType<string>()) schema.AddColumn(name, TextDataViewType.Instance);
        return schema.ToSchema();
    }

    private static SchemaDefinition Schema(Columns columns)
    {
        var schema = SchemaDefinition.Create(typeof(TrainingTable));
        schema[nameof(First)].ColumnName = columns.Text;
        schema[nameof(Second)].ColumnName = columns.Text2 ?? "(none)";
        return schema;
    }
}
