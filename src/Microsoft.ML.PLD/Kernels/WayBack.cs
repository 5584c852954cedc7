using System.Runtime.ExceptionServices;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>What our functions leave behind on a thread that goes back through a graph.</summary>
internal static class WayBack
{
    [ThreadStatic]
    private static List<torch.Tensor?>? _returned;

    [ThreadStatic]
    private static ExceptionDispatchInfo? _failure;

    public static bool HasFailed => _failure is not null;

    /// <summary>Goes back through a graph, and throws what one of the functions has thrown on the way.</summary>
    public static TResult Run<TResult>(Func<TResult> back)
    {
        _failure = null;
        try
        {
            var result = back();
            _failure?.Throw();
            return result;
        }
        catch (Exception) when (_failure is not null) // or what libtorch makes of the gradient that is missing
        {
            _failure.Throw();
            throw;
        }
        finally
        {
            _failure = null;
        }
    }

    public static void Fail(Exception exception) => _failure = ExceptionDispatchInfo.Capture(exception);

    public static void HasReturned(List<torch.Tensor?> gradients) => _returned = gradients;

    /// <summary>Frees what the last function has returned: libtorch has references of its own as soon as the next one is called.</summary>
    public static void FreeReturned()
    {
        foreach (var tensor in _returned ?? []) tensor?.Dispose();
        _returned = null;
    }
}
