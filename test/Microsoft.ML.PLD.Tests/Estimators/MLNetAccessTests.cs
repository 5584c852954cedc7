using System.IO.Compression;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Loader;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class MLNetAccessTests
{
    [TestMethod]
    public void AllMembersAreThere()
    {
        MLNetAccess.EnsureAvailable();
        Assert.IsNull(MemberCheck.FirstProblem(typeof(MLNetAccess.Members)));
    }

    [TestMethod]
    public void AMissingMemberIsNamed()
    {
        // A library with Door.Open, something that calls it, and then a release of the library without it.
        var (library, open) = Library("Open");
        var (laterLibrary, _) = Library("Close");
        var caller = new PersistedAssemblyBuilder(new AssemblyName("Caller"), typeof(object).Assembly);
        var visitor = caller.DefineDynamicModule("Caller").DefineType("Visitor", TypeAttributes.Public);
        var code = visitor.DefineMethod("Visit", MethodAttributes.Public | MethodAttributes.Static, typeof(void), []).GetILGenerator();
        code.Emit(OpCodes.Call, open);
        code.Emit(OpCodes.Ret);
        visitor.CreateType();
        var calling = Image(caller);

        Assert.IsNull(MemberCheck.FirstProblem(Load(library, calling)));
        var problem = MemberCheck.FirstProblem(Load(laterLibrary, calling));
        Assert.IsNotNull(problem);
        Assert.Contains("Door.Open", problem);

        var message = MLNetAccess.Unavailable(problem).Message;
        Assert.Contains("needs Microsoft.ML 5.0.1 or a later 5.0 release, but this process has loaded Microsoft.ML 5.0.", message);
        Assert.Contains(problem, message);
    }

    [TestMethod]
    public void SignaturesHaveTheirLengths()
    {
        _ = new ModelFormat(new string('x', 24), "12345678");
        Assert.Throws<ArgumentException>(() => new ModelFormat(new string('x', 25), "12345678"));
        Assert.Throws<ArgumentException>(() => new ModelFormat("Loader", "1234567"));
    }

    [TestMethod]
    public void WhatIsNoModelIsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["text.zip"], "This is not a zip archive.");
        using (var zip = ZipFile.Open(folder["foreign.zip"], ZipArchiveMode.Create))
        using (var writer = new StreamWriter(zip.CreateEntry("readme.txt").Open()))
            writer.Write("This is not a model.");
        Assert.Contains("zip archive", Assert.Throws<Exception>(() => new MLContext().Model.Load(folder["text.zip"], out _)).Message);
        Assert.Throws<Exception>(() => new MLContext().Model.Load(folder["foreign.zip"], out _));
    }

    [TestMethod]
    public void LinesReachTheLogAsTheyAre()
    {
        var mlContext = new MLContext();
        var lines = new List<string>();
        mlContext.Log += (_, logged) => lines.Add($"{logged.Kind}: {logged.Message}");
        using (var log = new HostLog(MLNetAccess.EnvironmentOf(mlContext.Transforms).Register("Somebody"), "Doing something"))
        {
            log.Info("half done {0} {");
            log.Warning("100 % done");
        }
        Assert.IsTrue(lines.Any(line => line.StartsWith("Info") && line.EndsWith("half done {0} {")), string.Join('\n', lines));
        Assert.IsTrue(lines.Any(line => line.StartsWith("Warning") && line.EndsWith("100 % done")));
    }

    [TestMethod]
    public void SeedsFollowTheContext()
    {
        static ulong Seed(int context) => new LetterEstimator(MLNetAccess.EnvironmentOf(new MLContext(context).Transforms), "Letters", "Text").SeedOf(new(), SingleProcess.Instance);
        Assert.AreEqual(Seed(3), Seed(3));
        Assert.AreNotEqual(Seed(3), Seed(4));
    }

    private static (byte[] Image, MethodInfo Method) Library(string method)
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName("Library"), typeof(object).Assembly);
        var door = assembly.DefineDynamicModule("Library").DefineType("Door", TypeAttributes.Public);
        var built = door.DefineMethod(method, MethodAttributes.Public | MethodAttributes.Static, typeof(void), []);
        built.GetILGenerator().Emit(OpCodes.Ret);
        door.CreateType();
        return (Image(assembly), built);
    }

    private static byte[] Image(PersistedAssemblyBuilder assembly)
    {
        using var image = new MemoryStream();
        assembly.Save(image);
        return image.ToArray();
    }

    private static Type Load(byte[] library, byte[] caller)
    {
        var context = new AssemblyLoadContext(null);
        var loaded = context.LoadFromStream(new MemoryStream(library));
        context.Resolving += (_, _) => loaded;
        return context.LoadFromStream(new MemoryStream(caller)).GetType("Visitor", throwOnError: true)!;
    }
}
