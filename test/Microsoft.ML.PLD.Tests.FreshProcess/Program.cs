// What an application does that was given a model.zip: it references the package and names none of its types.
// Arguments: model.zip, data (.idv), where to write the data with the model's columns (.idv).
using Microsoft.ML;

try
{
    var mlContext = new MLContext();
    var model = mlContext.Model.Load(args[0], out _);
    var data = mlContext.Data.LoadFromBinary(args[1]);
    using var output = File.Create(args[2]);
    mlContext.Data.SaveAsBinary(model.Transform(data), output);
    return 0;
}
catch (Exception failure)
{
    Console.Error.WriteLine(failure);
    return 1;
}
