using System.CommandLine;
using Compare;

var command = new RootCommand();
CompareCommand.Fill(command);
return command.Parse(args).Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null }); // Ctrl+C is for the training
