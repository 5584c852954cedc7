using System.CommandLine;
using System.Text.Json.Nodes;

namespace Cli;

/// <summary>An option of a verb that a config file can set, too.</summary>
internal interface ISetting
{
    /// <summary>With its dashes.</summary>
    string Name { get; }

    /// <summary>Without them: its field in a config file.</summary>
    string Field => Name[2..];

    /// <summary>Whether it names files or folders: those of a config file are relative to the file's folder.</summary>
    bool IsPath { get; }

    /// <summary>Whether it takes several values: a list in a config file.</summary>
    bool TakesMany { get; }

    /// <summary>What it is after all, as a config file has it; null: nothing.</summary>
    JsonNode? ValueIn(ParseResult parsed);
}
