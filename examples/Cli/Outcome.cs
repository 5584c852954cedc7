using Compare;
using Glue;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.PLD;

namespace Cli;

/// <summary>How a failure ends the program.</summary>
internal static class Outcome
{
    /// <summary>Never with a stack trace, unless the environment variable <c>PLD_TRACE</c> asks for it.</summary>
    /// <param name="failure">What happened.</param>
    /// <param name="goesOn">Whether what has been done is kept, and gone on with.</param>
    /// <param name="fresh">Whether the command begins anew.</param>
    public static Ending Of(Exception failure, bool goesOn, bool fresh)
    {
        var ending = failure switch
        {
            OperationCanceledException when !goesOn => new Ending(130, "Stopped. No file is written."),
            OperationCanceledException => new Ending(130, $"Stopped. {(failure.Message.Contains('\'') ? $"{failure.Message} " : "")}The same command {(fresh ? "without --fresh " : "")}goes on."),
            TrainingDivergedException => new Ending(1, $"{failure.Message} A lower --learning-rate, or a longer --warmup, may help."),
            ArgumentException problem => new Ending(2, $"{ArmReader.Plain(problem)}."),
            // Of Microsoft.ML and of ours they are about what was given; of .NET's own, a fault of the program.
            InvalidOperationException { Source: { } source } when source.StartsWith("Microsoft.ML", StringComparison.Ordinal) => new Ending(2, failure.Message),
            NotSupportedException or DllNotFoundException or OnnxRuntimeException => new Ending(2, failure.Message),
            OutOfMemoryException => new Ending(1, "Memory ran out. A smaller --micro-batch-size or --max-length needs less of it."),
            // What was given is right: a full disk, or one that is gone.
            IOException when goesOn && Ending.Of(failure, fresh) is { Code: 1 } => new Ending(1, $"{failure.Message} What is saved stays: once this is mended, the same command {(fresh ? "without --fresh " : "")}goes on."),
            _ => Ending.Of(failure, fresh) ?? new Ending(1, $"Something that this program did not expect: {failure.GetType().Name}: {failure.Message}"),
        };
        return Environment.GetEnvironmentVariable("PLD_TRACE") is null ? ending : ending with { Message = $"{ending.Message}{Environment.NewLine}{failure}" };
    }
}
