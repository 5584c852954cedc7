using System.Globalization;
using Cli;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
return CommandLine.Run(args);
