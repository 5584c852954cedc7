using System.CommandLine;
using System.Globalization;
using Conversion;
using Microsoft.ML.OnnxRuntime;

var command = new RootCommand();
ConvertCommand.Fill(command);
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
try
{
    return command.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception failure) when (failure is IOException or InvalidDataException or ArgumentException or InvalidOperationException or UnauthorizedAccessException or NotSupportedException or OnnxRuntimeException)
{
    Console.Error.WriteLine(failure.Message);
    return 1;
}
