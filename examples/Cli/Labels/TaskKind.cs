namespace Cli;

/// <summary>What is predicted.</summary>
internal enum TaskKind
{
    /// <summary>One of several names.</summary>
    Classes,

    /// <summary>Whether something is true.</summary>
    Binary,

    /// <summary>A number.</summary>
    Number,
}
