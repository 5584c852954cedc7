using Compare;
using Glue;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.PLD;

namespace Cli;

/// <summary>How a failure ends the program.</summary>
internal static class Outcome
{
    /// <summary>Never with a stack trace, unless the environment variable <c>PLD_TRACE</c> asks for it.</summary>
    public static Ending Of(Exception failure, bool fresh)
    {
        var ending = failure switch
        {
            OperationCanceledException => new Ending(130, $"Stopped. {(failure.Message.Contains('\'') ? $"{failure.Message} " : "")}The same command {(fresh ? "without --fresh " : "")}goes on."),
            TrainingDivergedException => new Ending(1, $"{failure.Message} A lower --learning-rate, or a longer --warmup, may help."),
            ArgumentException problem => new Ending(2, $"{ArmReader.Plain(problem)}."),
            InvalidOperationException or NotSupportedException or DllNotFoundException or OnnxRuntimeException => new Ending(2, failure.Message),
            OutOfMemoryException => new Ending(1, "Memory ran out. A smaller --micro-batch-size or --max-length needs less of it."),
            _ => Ending.Of(failure, fresh) ?? new Ending(1, $"Something that this program did not expect: {failure.GetType().Name}: {failure.Message}"),
        };
        return Environment.GetEnvironmentVariable("PLD_TRACE") is null ? ending : ending with { Message = $"{ending.Message}{Environment.NewLine}{failure}" };
    }
}
