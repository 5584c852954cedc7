using Microsoft.ML.Data;

namespace Microsoft.ML.PLD;

/// <summary>The annotations that ML.NET's own trainers put on score columns, and that its evaluators and key mappings look for.</summary>
internal static class ScoreAnnotations
{
    public const string SlotNames = "SlotNames", KeyValues = "KeyValues", TrainingLabelValues = "TrainingLabelValues";
    public const string Score = "Score", PredictedLabel = "PredictedLabel", Probability = "Probability";
    public const string Multiclass = "MulticlassClassification";
    private const string ScoreColumnKind = "ScoreColumnKind", ScoreValueKind = "ScoreValueKind", ScoreColumnSetId = "ScoreColumnSetId";

    private static readonly KeyDataViewType ScoreSetType = new(typeof(uint), int.MaxValue);

    /// <summary>A number that no score column in <paramref name="schema"/> carries yet, as ML.NET draws it: the largest plus one.</summary>
    public static uint NextScoreSet(DataViewSchema schema)
    {
        uint largest = 0;
        foreach (var column in schema)
        {
            var type = column.Annotations.Schema.GetColumnOrNull(ScoreColumnSetId)?.Type;
            if (type is not KeyDataViewType || type.RawType != typeof(uint)) continue;
            uint id = 0;
            column.Annotations.GetValue(ScoreColumnSetId, ref id);
            largest = Math.Max(largest, id);
        }
        return largest + 1;
    }

    /// <param name="annotations">Where they are added.</param>
    /// <param name="kind">The task.</param>
    /// <param name="valueKind">What the column holds.</param>
    /// <param name="scoreSet">The number that the columns of one transformer share.</param>
    public static void Add(DataViewSchema.Annotations.Builder annotations, string kind, string valueKind, uint scoreSet)
    {
        annotations.Add<uint>(ScoreColumnSetId, ScoreSetType, (ref uint value) => value = scoreSet);
        AddText(annotations, ScoreColumnKind, kind);
        AddText(annotations, ScoreValueKind, valueKind);
        if (valueKind == Probability) annotations.Add<bool>("IsNormalized", BooleanDataViewType.Instance, (ref bool value) => value = true);
    }

    private static void AddText(DataViewSchema.Annotations.Builder annotations, string name, string text) =>
        annotations.Add(name, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = text.AsMemory());
}
