namespace Microsoft.ML.PLD;

/// <summary>What a layer schedule may do to an encoder that its user does not expect.</summary>
internal static class ScheduleCautions
{
    /// <param name="schedule">The schedule.</param>
    /// <param name="config">The encoder.</param>
    /// <param name="isPretrained">Whether its blocks have learned something already.</param>
    public static IEnumerable<string> Of(ILayerSchedule schedule, BertConfig config, bool isPretrained)
    {
        // All blocks run forward with the second, and the third was made for post-layer normalization.
        if (config.NormPlacement == NormPlacement.Post && schedule is not (DenseSchedule or DropBackwardOnly or ProgressiveStacking))
            yield return $"LayerSchedule is {schedule.GetType().Name}, and the encoder has post-layer normalization (NormPlacement.Post), with which training by parts of the encoder may diverge "
                + $"(Zhang and He, 2020, section 3). {(isPretrained ? "Watch the loss, or use new DenseSchedule()." : "Set Config.NormPlacement to NormPlacement.Pre, or use new DenseSchedule().")}";
        if (isPretrained && schedule.CopiesAfter(1, 2, 2, config.Layers) is { } copies && copies.Sources.Where((source, block) => source != block).Any())
            yield return $"LayerSchedule is {schedule.GetType().Name}, which copies blocks over others of the pre-trained encoder: what those had learned is lost.";
    }
}
