using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cli;

/// <summary>An option whose value is read by a function that says what it expects.</summary>
internal sealed class Setting<T> : Option<T>, ISetting
{
    private readonly Func<T, JsonNode?> _write;

    /// <param name="name">With its dashes.</param>
    /// <param name="helpName">What help shows for its value.</param>
    /// <param name="description">For help.</param>
    /// <param name="arity">How many values it takes.</param>
    /// <param name="read">Makes its value of what is given; a <see cref="FormatException"/> says what is wrong, without the option's name.</param>
    /// <param name="write">Its value as JSON; null: as it is.</param>
    public Setting(string name, string helpName, string description, ArgumentArity arity, Func<IReadOnlyList<string>, T> read, Func<T, JsonNode?>? write = null) : base(name)
    {
        (Description, HelpName, Arity, AllowMultipleArgumentsPerToken) = (description, helpName, arity, arity.MaximumNumberOfValues > 1);
        _write = write ?? (value => value is Enum choice ? JsonValue.Create(choice.ToString()) : JsonSerializer.SerializeToNode(value));
        CustomParser = given => Read(given, read);
    }

    public bool IsPath { get; init; }

    public bool TakesMany => Arity.MaximumNumberOfValues > 1;

    public JsonNode? ValueIn(ParseResult parsed) => parsed.GetValue(this) is { } value ? _write(value) : null;

    private T? Read(ArgumentResult given, Func<IReadOnlyList<string>, T> read)
    {
        try
        {
            return read([.. given.Tokens.Select(token => token.Value)]);
        }
        catch (FormatException problem)
        {
            given.AddError($"{Name} {problem.Message}");
            return default;
        }
    }
}
