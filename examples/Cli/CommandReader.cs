using System.CommandLine;
using System.CommandLine.Help;
using Glue;

namespace Cli;

/// <summary>Reads command lines and the config files that they name.</summary>
internal static class CommandReader
{
    private static readonly ParserConfiguration Parser = new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };

    /// <summary>Reads the command line, and the config file that it names.</summary>
    /// <exception cref="UsageException">Something is misspelt, or no value of its kind.</exception>
    public static ParseResult Parse(RootCommand root, IReadOnlyList<string> args)
    {
        if (args.FirstOrDefault() is { } first && !first.StartsWith('-') && !first.StartsWith('[') && root.Subcommands.All(verb => verb.Name != first))
            throw new UsageException($"'{first}' is no verb{Nearest.Hint(first, root.Subcommands.Select(verb => verb.Name))}; expected {Settings.Expected(root.Subcommands.Select(verb => verb.Name))}.");
        var parsed = root.Parse([.. args], Parser);
        var command = parsed.CommandResult.Command;
        // Beside each other, a line each is enough.
        if (command == root)
            foreach (var one in root.Subcommands) one.Description = one.Description!.Split('\n')[0];
        if (parsed.Action is HelpAction) return parsed;
        RefuseUnknown(command, args);
        if (command is Verb verb && parsed.GetResult(verb.Config) is { Errors: var errors } && !errors.Any() && parsed.GetValue(verb.Config) is { } file)
        {
            var fields = ConfigFile.Read(file, verb.All);
            // Alone first, so that what is wrong is known to be the file's.
            Refuse(root.Parse([verb.Name, .. fields.SelectMany(field => field.Words)], Parser), $"{file}: ");
            parsed = root.Parse([.. args, .. fields.Where(field => parsed.GetResult((Option)field.Setting) is null or { Implicit: true }).SelectMany(field => field.Words)], Parser);
        }
        Refuse(parsed, "");
        return parsed;
    }

    private static void Refuse(ParseResult parsed, string where)
    {
        if (parsed.Errors.Count > 0) throw new UsageException(string.Join(Environment.NewLine, parsed.Errors.Select(error => $"{where}{error.Message}")));
    }

    // Before the parser, which would take a misspelt option for one more value of the option before it.
    private static void RefuseUnknown(Command command, IReadOnlyList<string> args)
    {
        string[] known = [.. command.Options.SelectMany(option => option.Aliases.Prepend(option.Name)), "--help", "--version"];
        foreach (var name in args.TakeWhile(word => word != "--").Where(word => word.StartsWith("--", StringComparison.Ordinal)).Select(word => word.Split('=', ':')[0]))
            if (!known.Contains(name)) throw new UsageException($"There is no option '{name}'{Nearest.Hint(name, known)}. '{command.Name} --help' names all.");
    }
}
