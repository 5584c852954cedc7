namespace Microsoft.ML.PLD;

/// <summary>What a layer schedule may do to an encoder that its user does not expect.</summary>
internal static class ScheduleCautions
{
    /// <param name="schedule">The schedule.</param>
    /// <param name="config">The encoder.</param>
    /// <param name="isPretrained">Whether its blocks have learned something already.</param>
    public static IEnumerable<string> Of(ILayerSchedule schedule, BertConfig config, bool isPretrained)
    {
        if (config.NormPlacement == NormPlacement.Post && schedule is not DenseSchedule)
            yield return "Layers are dropped from an encoder with post-layer normalization, which tends to diverge (section 3 of the paper); NormPlacement.Pre is made for it.";
        if (isPretrained && schedule.CopiesAfter(1, 2, 2, config.Layers) is { } copies && copies.Sources.Where((source, block) => source != block).Any())
            yield return $"LayerSchedule is {schedule.GetType().Name}, which copies blocks over others of the pre-trained encoder: what those had learned is lost.";
    }
}
