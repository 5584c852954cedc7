using Microsoft.ML.PLD;

namespace Compare;

/// <summary>The library's schedules by the names of their types, with the parameters of their constructors as fields.</summary>
internal static class Schedules
{
    private static readonly Dictionary<string, Func<Fields, ILayerSchedule>> ByName = new()
    {
        [nameof(DenseSchedule)] = _ => new DenseSchedule(),
        [nameof(ProgressiveLayerDrop)] = of => new ProgressiveLayerDrop(Theta(of), of.Choice<DepthRule>("depth_rule", DepthRule.Paper), Scaling(of, ResidualScaling.Paper), Gamma(of)),
        [nameof(AdaptiveLayerDrop)] = of => new AdaptiveLayerDrop(Theta(of), of.Whole("measurements", 50, least: 1), Scaling(of, ResidualScaling.Paper), Gamma(of)),
        [nameof(ConstantLayerDrop)] = of => new ConstantLayerDrop(of.Number("drop_rate", 0.2), Scaling(of, ResidualScaling.None), of.Flag("every_other", false)),
        [nameof(DecreasingLayerDrop)] = of => new DecreasingLayerDrop(of.Number("highest_rate", 0.9), Scaling(of, ResidualScaling.BlockDelta)),
        [nameof(SequenceDrop)] = of => new SequenceDrop(Inner(of, "probabilities"), Scaling(of, ResidualScaling.Paper)),
        [nameof(RandomTokenDrop)] = of => new RandomTokenDrop(of.Number("first_share", 0.5), of.Number("until", 0.7)),
        [nameof(DropBackwardOnly)] = of => new DropBackwardOnly(of.Number("drop_rate", 0.5), of.Whole("always_trained", 0)),
        [nameof(RandomSubnetworkGrowth)] = of => new RandomSubnetworkGrowth(Scaling(of, ResidualScaling.None), Stages(of, new RandomSubnetworkGrowth().Stages)),
        [nameof(GrowingDepth)] = of => new GrowingDepth(Inner(of, "then"), Stages(of, [])),
        [nameof(ProgressiveStacking)] = of => new ProgressiveStacking(State(of), Stages(of, new ProgressiveStacking().Stages)),
        [nameof(MultiStageLayerwise)] = of => new MultiStageLayerwise(State(of), Stages(of, new MultiStageLayerwise().Stages)),
        [nameof(Apollo)] = of => new Apollo(State(of), Stages(of, new Apollo().Stages)),
        [nameof(ComposedSchedule)] = of => new ComposedSchedule([.. of.Objects("parts").Select(Part)]),
    };

    public static IReadOnlyCollection<string> Names => ByName.Keys;

    /// <summary>The schedule that an object names; every block at every step where it names none, which is noted.</summary>
    public static ILayerSchedule Read(Fields fields)
    {
        var name = fields.Text("name", null);
        if (!ByName.TryGetValue(name, out var make))
        {
            if (name.Length > 0) fields.Note("name", $"\"{name}\"", Fields.OneOf(Names));
            return new DenseSchedule();
        }
        try
        {
            return make(fields);
        }
        catch (ArgumentException problem)
        {
            fields.Refuse(ArmReader.Plain(problem));
            return new DenseSchedule();
        }
        finally
        {
            fields.End();
        }
    }

    private static double Theta(Fields of) => of.Number("theta_bar", 0.5);

    private static double Gamma(Fields of) => of.Number("gamma_times_steps", 100);

    private static ResidualScaling Scaling(Fields of, ResidualScaling usual) => of.Choice<ResidualScaling>("scaling", usual);

    private static CopiedState State(Fields of) => of.Choice<CopiedState>("state", CopiedState.Copied);

    private static ILayerSchedule? Inner(Fields of, string name) => of.Object(name) is { } inner ? Read(inner) : null;

    private static GrowthStage[] Stages(Fields of, IReadOnlyList<GrowthStage> usual)
    {
        var stages = of.Objects("stages").Select(stage =>
        {
            var read = new GrowthStage(stage.Whole("blocks", null, least: 1), stage.Number("until", null, 0, 1));
            stage.End();
            return read;
        }).ToArray();
        return stages.Length > 0 ? stages : [.. usual];
    }

    private static (ILayerSchedule Schedule, double Until) Part(Fields of)
    {
        var part = (Inner(of, "schedule") ?? new DenseSchedule(), of.Number("until", null, 0, 1));
        of.End();
        return part;
    }
}
