namespace Glue;

/// <summary>How the program ends when it cannot go on.</summary>
/// <param name="Code">The exit code.</param>
/// <param name="Message">What it says.</param>
internal sealed record Ending(int Code, string Message)
{
    /// <summary>Null for what is a fault of the program: that keeps its stack trace.</summary>
    public static Ending? Of(Exception failure, bool fresh) => failure switch
    {
        OperationCanceledException => new(130, $"Stopped. The same command {(fresh ? "without --fresh " : "")}goes on.{(fresh ? " With --fresh it would begin anew." : "")}"),
        UsageException or InvalidDataException or UnauthorizedAccessException => new(2, failure.Message),
        FileNotFoundException or DirectoryNotFoundException or PathTooLongException or EndOfStreamException => new(2, failure.Message),
        IOException => new(1, failure.Message), // a full disk, or one that is gone: nothing that was given is wrong
        _ => null,
    };
}
