using System.CommandLine;
using Compare;
using Conversion;

namespace Cli;

/// <summary>The whole program: its verbs, and how it ends.</summary>
internal static class CommandLine
{
    public static RootCommand Root()
    {
        var export = new Command("export", "");
        ConvertCommand.Fill(export);
        var compare = new Command("compare", "");
        CompareCommand.Fill(compare);
        return new RootCommand("""
            Pre-trains BERT with progressive layer dropping, fine-tunes it on labelled texts, and puts the result to use.

            From text to answers:
              pld pretrain --text corpus/ --output my-bert                                    an encoder from your own text, without labels
              pld finetune --data tickets.csv --text text --label category --pretrained my-bert/model --output tickets
              pld evaluate --model tickets/model.zip --data test.csv --label category
              pld predict --model tickets/model.zip --data new.csv --output answers.csv
              pld embed --model my-bert/model --data new.csv --output vectors.npy
              pld export --from tickets/model.zip --to tickets/model.onnx
            VERB --help tells more of each. Ctrl+C stops a training, which is saved first; the same command goes on.

            Exit codes: 0 done; 1 tried and failed, for example a training that diverged; 2 something given is not right, and the message says what; 130 stopped by Ctrl+C.
            """)
        {
            new PretrainVerb(), new FinetuneVerb(), new EvaluateVerb(), new PredictVerb(), new EmbedVerb(), export, compare,
        };
    }

    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> args)
    {
        ParseResult? parsed = null;
        try
        {
            parsed = CommandReader.Parse(Root(), args.Count == 0 ? ["--help"] : args);
            // Ctrl+C is for the training.
            return parsed.Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
        }
        catch (Exception failure)
        {
            var verb = parsed?.CommandResult.Command as Verb;
            var ending = Outcome.Of(failure, verb is { GoesOn: true }, verb?.BeginsAnew(parsed!) is true);
            Console.Error.WriteLine(ending.Message);
            return ending.Code;
        }
    }
}
