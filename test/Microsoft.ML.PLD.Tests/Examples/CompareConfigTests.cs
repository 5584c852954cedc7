using Compare;
using Glue;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CompareConfigTests
{
    [TestMethod]
    public void ArmsInheritWhatTheyDoNotSay()
    {
        var config = CompareRuns.Config("""
            { "text": ["a.txt"], "budget": { "equal": "time", "steps": 100 },
              "model": { "layers": 4, "hidden_size": 64 }, "training": { "batch_size": 8, "learning_rate": 2e-3 },
              "arms": [ { "name": "post", "model": { "norm_placement": "post" }, "training": { "learning_rate": 1e-4 } },
                        { "name": "pld", "schedule": { "name": "ProgressiveLayerDrop", "theta_bar": 0.7, "depth_rule": "Uniform", "scaling": "BlockDelta", "gamma_times_steps": "infinity" } } ] }
            """);
        Assert.AreEqual(BudgetUnit.Time, config.Budget);
        CollectionAssert.AreEqual(new ulong[] { 1 }, config.Seeds.ToArray());
        var (post, pld) = (config.Arms[0], config.Arms[1]);
        Assert.AreEqual("post", config.Baseline.Name);
        Assert.AreEqual((NormPlacement.Post, 4, 64, 256, 1), (post.Model.NormPlacement, post.Model.Layers, post.Model.HiddenSize, post.Model.IntermediateSize, post.Model.AttentionHeads));
        Assert.AreEqual((1e-4, 8), (post.Training.LearningRate.Peak, post.Training.BatchSize));
        Assert.IsInstanceOfType<DenseSchedule>(post.Training.LayerSchedule);
        Assert.AreEqual((NormPlacement.Pre, 2e-3), (pld.Model.NormPlacement, pld.Training.LearningRate.Peak));
        Assert.AreEqual(new ProgressiveLayerDrop(0.7, DepthRule.Uniform, ResidualScaling.BlockDelta, double.PositiveInfinity), pld.Training.LayerSchedule);
        // The same held-out sequences and masks for all arms and seeds; learning rate and schedule decay over the run's own steps.
        var training = pld.TrainingFor(seed: 7, steps: 123);
        Assert.AreEqual((7UL, 123L, 1UL), (training.Seed!.Value, training.Steps, training.ValidationSeed!.Value));
    }

    [TestMethod]
    [DataRow("""{ "name": "x", "shedule": {} }""", "arms[0].shedule is no field of the config; expected one of: name, model, training, schedule, micro_batch_size.")]
    [DataRow("""{ "name": "x", "schedule": { "name": "Progressive" } }""", "arms[0].schedule.name is \"Progressive\"; expected one of: DenseSchedule, ProgressiveLayerDrop")]
    [DataRow("""{ "name": "x", "schedule": { "name": "ProgressiveLayerDrop", "theta": 0.5 } }""", "arms[0].schedule.theta is no field of the config; expected one of: name, theta_bar")]
    [DataRow("""{ "name": "x", "schedule": { "name": "ProgressiveLayerDrop", "theta_bar": 2 } }""", "arms[0].schedule: thetaBar is 2; expected a keep ratio in (0, 1]")]
    [DataRow("""{ "name": "x", "schedule": { "name": "ProgressiveLayerDrop", "theta_bar": "high" } }""", "arms[0].schedule.theta_bar is \"high\"; expected a number")]
    [DataRow("""{ "name": "x", "schedule": { "name": "ProgressiveLayerDrop", "scaling": "paperish" } }""", "arms[0].schedule.scaling is \"paperish\"; expected one of: Paper, BlockDelta, None.")]
    [DataRow("""{ "name": "x", "schedule": { "name": "ProgressiveStacking", "stages": [ { "blocks": 3 } ] } }""", "arms[0].schedule.stages[0].until is missing; expected a number from 0 to 1.")]
    [DataRow("""{ "name": "x", "training": { "batch_size": 0 } }""", "arms[0].training.batch_size is 0; expected a whole number from 1.")]
    [DataRow("""{ "name": "x", "training": { "learning_rate": 0 } }""", "LearningRate.Peak is 0; expected a number above 0")]
    [DataRow("""{ "name": "x", "model": { "hidden_size": 100, "attention_heads": 3 } }""", "HiddenSize 100 is not divisible by AttentionHeads 3")]
    [DataRow("""{ "schedule": { "name": "DenseSchedule" } }""", "arms[0].name is missing; expected a text.")]
    [DataRow("""{ "name": "x" }, { "name": "x" }""", "arms is a list with 2 arms of the name 'x'; expected a name of its own for each.")]
    [DataRow("7", "arms[0] is 7; expected an object.")]
    public void WhatIsWrongWithAnArmIsNamed(string arms, string expected) => Assert.Contains(
        expected, Assert.ThrowsExactly<UsageException>(() => CompareRuns.Config($$"""{ "text": ["a"], "budget": { "equal": "steps", "steps": 1 }, "arms": [ {{arms}} ] }""")).Message);

    [TestMethod]
    public void AllThatIsWrongComesInOneMessage()
    {
        var message = Assert.ThrowsExactly<UsageException>(() => CompareRuns.Config("""
            { "budget": { "equal": "money", "steps": -1, "dollars": 3 }, "seeds": [1, 1], "slices": 0, "downstream": { "tasks": ["SQuAD"] }, "arms": [] }
            """)).Message;
        foreach (var part in new[]
        {
            "compare.json: text is missing", "budget.equal is \"money\"; expected one of: Steps, Samples, BlockFlops, Time.", "budget.steps is -1;", "budget.dollars is no field",
            "seeds is 1, 1; expected each once.", "slices is 0;", "downstream.tasks is a list with 'SQuAD'; expected one of: banking77, CoLA", "arms is missing or empty",
        }) Assert.Contains(part, message);
    }

    [TestMethod]
    [DataRow("{")]
    [DataRow("""{ "text": ["a"], "text": ["b"] }""")]
    public void WhatIsNoJsonIsRefused(string json) => Assert.StartsWith("compare.json is not JSON: ", Assert.ThrowsExactly<UsageException>(() => CompareRuns.Config(json)).Message);

    [TestMethod]
    public void EveryScheduleOfTheLibraryCanBeNamed()
    {
        string[] all = [.. typeof(ILayerSchedule).Assembly.GetExportedTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(ILayerSchedule))).Select(type => type.Name).Order()];
        Assert.IsGreaterThanOrEqualTo(14, all.Length);
        CollectionAssert.AreEqual(all, Schedules.Names.Order().ToArray());
    }

    [TestMethod]
    public void ParametersOfSchedulesArriveInThem()
    {
        var drop = new ProgressiveLayerDrop(0.6);
        Is(new AdaptiveLayerDrop(0.6, 9), """{ "name": "AdaptiveLayerDrop", "theta_bar": 0.6, "measurements": 9 }""");
        Is(new ConstantLayerDrop(0.3, ResidualScaling.BlockDelta, everyOther: true), """{ "name": "ConstantLayerDrop", "drop_rate": 0.3, "scaling": "blockdelta", "every_other": true }""");
        Is(new DecreasingLayerDrop(0.4), """{ "name": "DecreasingLayerDrop", "highest_rate": 0.4 }""");
        Is(new SequenceDrop(drop), """{ "name": "SequenceDrop", "probabilities": { "name": "ProgressiveLayerDrop", "theta_bar": 0.6 } }""");
        Is(new RandomTokenDrop(0.3, 0.9), """{ "name": "RandomTokenDrop", "first_share": 0.3, "until": 0.9 }""");
        Is(new DropBackwardOnly(0.3, 2), """{ "name": "DropBackwardOnly", "drop_rate": 0.3, "always_trained": 2 }""");
        var growing = (GrowingDepth)Schedule("""{ "name": "GrowingDepth", "then": { "name": "ProgressiveLayerDrop", "theta_bar": 0.6 }, "stages": [ { "blocks": 2, "until": 0.3 } ] }""");
        Assert.AreEqual(drop, growing.Then);
        CollectionAssert.AreEqual(new[] { new GrowthStage(2, 0.3) }, growing.Stages.ToArray());
        CollectionAssert.AreEqual(new Apollo().Stages.ToArray(), ((Apollo)Schedule("""{ "name": "Apollo" }""")).Stages.ToArray());
        Assert.AreEqual(CopiedState.Reset, ((ProgressiveStacking)Schedule("""{ "name": "ProgressiveStacking", "state": "Reset" }""")).State);
        var composed = (ComposedSchedule)Schedule("""{ "name": "ComposedSchedule", "parts": [ { "schedule": { "name": "DenseSchedule" }, "until": 0.5 }, { "schedule": { "name": "ProgressiveLayerDrop", "theta_bar": 0.6 }, "until": 1 } ] }""");
        CollectionAssert.AreEqual(new SchedulePart[] { new(new DenseSchedule(), 0.5), new(drop, 1) }, composed.Parts.ToArray());

        static void Is(ILayerSchedule expected, string json) => Assert.AreEqual(expected, Schedule(json));
    }

    [TestMethod]
    [DataRow("smoke.json", 15, 2)]
    [DataRow("paper.json", 4, 3)]
    [DataRow("paper-small.json", 5, 3)]
    [DataRow("schedules.json", 15, 3)]
    [DataRow("schedules-small.json", 15, 3)]
    [DataRow("ablations.json", 12, 3)]
    [DataRow("ablations-small.json", 12, 3)]
    [DataRow("repeated-small.json", 3, 3)]
    [DataRow("once-small.json", 3, 3)]
    public void TheConfigsThatComeWithItAreWhole(string file, int arms, int seeds)
    {
        var config = ComparisonConfig.Read(Shipped(file), ["corpus"]);
        Assert.HasCount(arms, config.Arms);
        Assert.HasCount(seeds, config.Seeds);
        CollectionAssert.AreEqual(new[] { "corpus" }, config.Text.ToArray());
    }

    [TestMethod]
    public void TheSmokeTestNeedsNoOtherText()
    {
        var config = ComparisonConfig.Read(Shipped("smoke.json"));
        foreach (var file in config.Text.Concat(config.ValidationText)) Assert.IsTrue(File.Exists(file), file);
        CollectionAssert.IsSubsetOf(Schedules.Names.ToArray(), config.Arms.Select(arm => arm.Training.LayerSchedule.GetType().Name).ToArray());
    }

    [TestMethod]
    public void TheConfigOfTheDocumentationIsOne()
    {
        var text = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Shipped("smoke.json"))!, "..", "..", "docs", "comparing.md")).ReplaceLineEndings("\n");
        var config = CompareRuns.Config(text.Split("```json\n")[1].Split("```")[0]);
        Assert.AreEqual("PostLN", config.Baseline.Name);
        Assert.AreEqual(ResidualScaling.BlockDelta, ((ProgressiveLayerDrop)config.Arms[1].Training.LayerSchedule).Scaling);
    }

    /// <summary>A config that comes with the example.</summary>
    internal static string Shipped(string file) => Repository.At("examples", "Compare", file);

    private static ILayerSchedule Schedule(string json) => CompareRuns.Config($$"""{ "text": ["a"], "budget": { "equal": "steps", "steps": 1 }, "arms": [ { "name": "x", "schedule": {{json}} } ] }""").Arms[0].Training.LayerSchedule;
}
