using System.Text.Json;
using System.Text.Json.Nodes;
using Compare;
using Glue;
using Microsoft.ML.PLD;

namespace Cli;

/// <summary>A layer schedule by name, or as the JSON object that examples/Compare has in its configs.</summary>
internal static class ScheduleChoice
{
    private const string Recommended = "recommended";

    private static readonly (string Short, string Name)[] Shorts = [("pld", nameof(ProgressiveLayerDrop)), ("dense", nameof(DenseSchedule))];

    private const string Takers = $"{Recommended}, {nameof(ProgressiveLayerDrop)} (pld) or {nameof(AdaptiveLayerDrop)}";

    public static IEnumerable<string> Names => Shorts.Select(one => one.Short).Prepend(Recommended).Concat(Schedules.Names);

    /// <param name="given">A name, small and capital letters alike, or an object with a name and parameters.</param>
    /// <param name="thetaBar">Of progressive layer dropping and its like; null: their default.</param>
    /// <param name="gammaTimesSteps">Of the same.</param>
    /// <param name="untrained">The number of blocks, where none has been trained: then <c>recommended</c> begins with the lowest ones, as <see cref="LayerSchedules.Recommended"/>.</param>
    /// <param name="norm">Of the encoder: from one with post-layer normalization nothing is dropped unless it is asked for.</param>
    /// <exception cref="UsageException">There is none of this name, or it does not have these parameters.</exception>
    public static ILayerSchedule Read(string given, double? thetaBar = null, double? gammaTimesSteps = null, int? untrained = null, NormPlacement norm = NormPlacement.Pre)
    {
        if (IsRecommended(given))
        {
            if (norm == NormPlacement.Post)
                return thetaBar is null && gammaTimesSteps is null ? new DenseSchedule() : throw new UsageException(
                    $"{(thetaBar is null ? "--gamma-times-steps" : "--theta")} is given, but --schedule {Recommended} is dense where layer normalization stands after the blocks (post); expected --schedule {nameof(ProgressiveLayerDrop)} (pld), or none of its parameters.");
            var dropping = Read(nameof(ProgressiveLayerDrop), thetaBar, gammaTimesSteps);
            return untrained is { } layers && LayerSchedules.Recommended(layers) is GrowingDepth growing ? new GrowingDepth(dropping, [.. growing.Stages]) : dropping;
        }
        var schedule = given.TrimStart().StartsWith('{') ? Parse(given) : new JsonObject { ["name"] = NameOf(given) };
        if (thetaBar is { } theta) schedule["theta_bar"] = theta;
        if (gammaTimesSteps is { } gamma) schedule["gamma_times_steps"] = gamma;
        var problems = new List<string>();
        var read = Schedules.Read(Fields.Of(schedule.ToJsonString(), problems));
        return problems.Count == 0 ? read : throw new UsageException(string.Join(Environment.NewLine, problems.Select(problem => (thetaBar, gammaTimesSteps) switch
        {
            (not null, _) when problem.StartsWith("theta_bar is no field", StringComparison.Ordinal) => $"--theta is given, but --schedule {given} has no theta; expected {Takers}.",
            (_, not null) when problem.StartsWith("gamma_times_steps is no field", StringComparison.Ordinal) => $"--gamma-times-steps is given, but --schedule {given} has no gamma; expected {Takers}.",
            _ => $"--schedule {given}: {problem.TrimStart(':', ' ')}",
        })));
    }

    /// <summary>What is to be said of layers and normalization before a training; null: nothing.</summary>
    /// <param name="given">As for <see cref="Read"/>.</param>
    /// <param name="schedule">What it is after all.</param>
    /// <param name="norm">Of the encoder.</param>
    public static (string Message, bool IsWarning)? Caution(string given, ILayerSchedule schedule, NormPlacement norm) => norm == NormPlacement.Pre ? null : schedule switch
    {
        DenseSchedule => IsRecommended(given) ? ($"--schedule {Recommended} is dense here: layer normalization stands after the blocks (post), which does not go well with layer dropping.", false) : null,
        _ => ("Warning: layers are dropped or grown where layer normalization stands after the blocks (post), which tends to diverge; --schedule dense does without.", true),
    };

    private static bool IsRecommended(string given) => given.Equals(Recommended, StringComparison.OrdinalIgnoreCase);

    private static string NameOf(string given)
    {
        var name = Shorts.FirstOrDefault(one => one.Short.Equals(given, StringComparison.OrdinalIgnoreCase)).Name ?? Schedules.Names.FirstOrDefault(one => one.Equals(given, StringComparison.OrdinalIgnoreCase));
        return name ?? throw new UsageException($"--schedule is '{given}'{Nearest.Hint(given, Names)}; expected {Settings.Expected(Names)}, or an object as in docs/comparing.md.");
    }

    private static JsonObject Parse(string given)
    {
        try
        {
            return JsonNode.Parse(given)!.AsObject();
        }
        catch (JsonException damaged)
        {
            throw new UsageException($"--schedule is '{given}', which is not JSON: {damaged.Message}");
        }
    }
}
