using System.CommandLine;
using System.Text.Json.Nodes;
using Glue;

namespace Cli;

/// <summary>What the program can do, with settings from the command line and from a config file.</summary>
internal abstract class Verb : Command
{
    private readonly List<ISetting> _settings = [];
    private readonly Option<bool> _print = new("--print-config") { Description = "Print all settings as JSON, defaults and all, and do nothing else. As the file of --config, they do the same run again." };

    protected Verb(string name, string description) : base(name, description) => SetAction(parsed =>
    {
        if (parsed.GetValue(_print))
        {
            Console.WriteLine(ConfigFile.Write(Effective(parsed)));
            return 0;
        }
        using var stop = new StopRequest();
        return Run(parsed, stop.Token);
    });

    public Option<string> Config { get; } = new("--config") { Description = "A JSON file with settings: a field for each option, named as here without the dashes. What is on the command line wins.", HelpName = "FILE" };

    public IReadOnlyCollection<ISetting> All => _settings;

    /// <summary>Whether the same command goes on after a stop.</summary>
    public bool GoesOn => Fresh is not null;

    /// <summary>Whether this command does all anew, and goes on without its <see cref="Fresh"/>.</summary>
    public bool BeginsAnew(ParseResult parsed) => Fresh is { } fresh && parsed.GetValue(fresh);

    /// <summary>All settings with their values after all.</summary>
    public JsonObject Effective(ParseResult parsed)
    {
        var all = new JsonObject();
        foreach (var setting in _settings)
            if (Counts(setting, parsed) && setting.ValueIn(parsed) is { } value) all[setting.Field] = value;
        return all;
    }

    /// <summary>Of what goes on after a stop: the option to begin anew. Null: it does not go on.</summary>
    protected virtual Option<bool>? Fresh => null;

    /// <summary>Whether a setting is of any use beside the others.</summary>
    protected virtual bool Counts(ISetting setting, ParseResult parsed) => true;

    /// <returns>The exit code.</returns>
    protected abstract int Run(ParseResult parsed, CancellationToken stop);

    /// <summary>Names the options, in the order of help.</summary>
    protected void Takes(params ReadOnlySpan<Option> options)
    {
        foreach (var option in options)
        {
            Add(option);
            if (option is ISetting setting) _settings.Add(setting);
        }
        Add(Config);
        Add(_print);
    }

    /// <summary>The value of a setting that has no default.</summary>
    protected static string Needed(ParseResult parsed, Setting<string?> setting) => parsed.GetValue(setting) ?? throw Missing(setting);

    /// <summary>The values of a setting that has no default.</summary>
    protected static string[] Needed(ParseResult parsed, Setting<string[]> setting) => parsed.GetValue(setting) is { Length: > 0 } values ? values : throw Missing(setting);

    private static UsageException Missing(Option option) => new($"{option.Name} {option.HelpName} is missing, here and in a --config file. {option.Description!.Replace("Needed. ", "Expected: ")}");
}
