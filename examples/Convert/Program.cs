using System.CommandLine;
using System.Globalization;
using Conversion;

var command = new RootCommand();
ConvertCommand.Fill(command);
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
return command.Parse(args).Invoke();
