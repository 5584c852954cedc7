using System.Reflection;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.PLD;

/// <summary>Finds out whether everything that a class calls exists in the assemblies that this process has loaded.</summary>
internal static class MemberCheck
{
    private const BindingFlags Declared =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Compiles the methods of a class, and those of its closures, without running them.</summary>
    /// <returns>The message about the first member that is missing, or null.</returns>
    public static string? FirstProblem(Type type)
    {
        try
        {
            foreach (var method in type.GetMethods(Declared))
                RuntimeHelpers.PrepareMethod(method.MethodHandle);
            return type.GetNestedTypes(Declared).Select(FirstProblem).FirstOrDefault(problem => problem is not null);
        }
        catch (Exception failure) when (failure is MemberAccessException or TypeLoadException or IOException)
        {
            return failure.Message;
        }
    }
}
