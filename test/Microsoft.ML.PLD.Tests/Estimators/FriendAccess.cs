using System.Runtime.CompilerServices;

// For the registration of the models that only the tests know, and to cancel an MLContext.
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]
