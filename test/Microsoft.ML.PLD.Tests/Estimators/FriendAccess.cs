using System.Runtime.CompilerServices;

// For the registration of the models that only the tests know.
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
