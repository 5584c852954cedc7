using Microsoft.ML.PLD;

namespace Compare;

/// <summary>Reads what an arm is: what it does not say is as with all arms.</summary>
internal static class ArmReader
{
    public static Arm Arm(Fields fields, BertConfig model, PretrainingOptions training, int microBatch)
    {
        var name = fields.Text("name", null);
        var (ownModel, ownTraining, schedule) = (Model(fields.Object("model"), model), Training(fields.Object("training"), training), fields.Object("schedule"));
        var arm = new Arm
        {
            Name = name, Model = ownModel, MicroBatchSize = fields.Whole("micro_batch_size", microBatch, least: 1), Schedule = schedule?.Compact ?? """{"name":"DenseSchedule"}""",
            Training = ownTraining with { LayerSchedule = schedule is null ? new DenseSchedule() : Schedules.Read(schedule) },
        };
        fields.End();
        try
        {
            _ = new BertPretrainer(arm.Model, arm.Training); // checks, and does nothing else
        }
        catch (ArgumentException problem)
        {
            fields.Refuse(Plain(problem));
        }
        return arm;
    }

    public static BertConfig Model(Fields? fields, BertConfig usual)
    {
        if (fields is null) return usual;
        var width = fields.Whole("hidden_size", usual.HiddenSize, least: 1);
        var model = usual with
        {
            Layers = fields.Whole("layers", usual.Layers, least: 1),
            HiddenSize = width,
            AttentionHeads = fields.Whole("attention_heads", width == usual.HiddenSize ? usual.AttentionHeads : Math.Max(1, width / 64), least: 1),
            IntermediateSize = fields.Whole("intermediate_size", width == usual.HiddenSize ? usual.IntermediateSize : 4 * width, least: 1),
            MaxPositions = fields.Whole("max_positions", usual.MaxPositions, least: 2),
            NormPlacement = fields.Choice<NormPlacement>("norm_placement", usual.NormPlacement),
            EmbeddingNorm = fields.Flag("embedding_norm", usual.EmbeddingNorm),
            SinusoidalPositions = fields.Flag("sinusoidal_positions", usual.SinusoidalPositions),
        };
        fields.End();
        return model;
    }

    public static PretrainingOptions Training(Fields? fields, PretrainingOptions usual)
    {
        if (fields is null) return usual;
        var training = usual with
        {
            BatchSize = fields.Whole("batch_size", usual.BatchSize, least: 1),
            SequenceLength = fields.Whole("sequence_length", usual.SequenceLength, least: 4),
            LearningRate = new()
            {
                Peak = fields.Number("learning_rate", usual.LearningRate.Peak, least: 0), WarmupShare = fields.Number("warmup_share", usual.LearningRate.WarmupShare, 0, 1),
                Shape = fields.Choice<LearningRateShape>("learning_rate_shape", usual.LearningRate.Shape),
            },
            Optimizer = usual.Optimizer with { Beta2 = fields.Number("beta2", usual.Optimizer.Beta2, 0, 1), WeightDecay = fields.Number("weight_decay", usual.Optimizer.WeightDecay, 0) },
            HiddenDropout = fields.Number("dropout", usual.HiddenDropout, 0, 1),
            AttentionDropout = fields.Number("attention_dropout", usual.AttentionDropout, 0, 1),
            NextSentencePrediction = fields.Flag("next_sentence_prediction", usual.NextSentencePrediction),
            MaskingRate = fields.Number("masking_rate", usual.MaskingRate, 0, 1),
            WholeWordMasking = fields.Flag("whole_word_masking", usual.WholeWordMasking),
            PlanPerMicroBatch = fields.Flag("plan_per_micro_batch", usual.PlanPerMicroBatch),
        };
        fields.End();
        return training;
    }

    /// <summary>An argument's message without what .NET adds.</summary>
    public static string Plain(ArgumentException problem) => problem.Message.Split(" (Parameter")[0].TrimEnd('.');
}
