using System.Buffers.Binary;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class HeldScalarsTests
{
    // TorchSharp's that make a number of their own: x + y is x + 1 * y.
    private static readonly string[] WithHiddenNumbers = ["op_Addition", "op_Multiply", "op_Division", "op_Modulus", "op_Implicit"];

    [TestMethod]
    public void TheyAreTheOperationsOfTheirNames()
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor X() => torch.tensor([1f, 2f]);
        var y = torch.tensor([10f, 20f]);
        void Equal(float[] expected, torch.Tensor actual) => CollectionAssert.AreEqual(expected, actual.data<float>().ToArray());
        Equal([11, 22], X().Plus(y));
        Equal([6, 12], X().Plus(y, 0.5));
        Equal([6, 12], X().PlusInPlace(y, 0.5));
        Equal([1.5f, 2.5f], X().PlusInPlace(0.5));
        Equal([3, 6], X().Times(3));
        Equal([3, 6], X().TimesInPlace(3));
        Equal([0.25f, 0.5f], X().DividedBy(4));
        Equal([51, 202], X().PlusProductInPlace(y, y, 0.5));
        Equal([1.5f, 2.5f], X().PlusQuotientInPlace(y, y, 0.5));
        Equal([0, 2], X().FilledWhere(torch.tensor([true, false]), 0));
        Equal([7, 7], HeldScalars.Full([2], 7, torch.CPU));
    }

    [TestMethod]
    public void NothingElseInTheLibraryGivesTorchSharpANumber()
    {
        var uses = CallsOf(typeof(HeldScalars).Assembly.Location).Where(call => call.Caller != nameof(HeldScalars)).Select(call => $"{call.Caller}.{call.Method} calls {call.Callee}").ToArray();
        Assert.IsEmpty(uses, string.Join("; ", uses));
        Assert.IsGreaterThan(5, CallsOf(typeof(HeldScalars).Assembly.Location).Count()); // those within are seen
    }

    [TestMethod]
    public void GarbageCollectionsDoNotDisturbThem()
    {
        using var scope = torch.NewDisposeScope();
        var (x, y) = (torch.ones(4), torch.ones(4));
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        var collecting = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        while (!stop.IsCancellationRequested)
        {
            using var sum = x.Plus(y, 2);
            Assert.AreEqual(3f, sum[0].item<float>());
        }
        collecting.Wait();
    }

    // Calls of Scalar's conversions, and of the operators and additions of tensors that use them.
    private static IEnumerable<(string Caller, string Method, string Callee)> CallsOf(string assembly)
    {
        using var stream = File.OpenRead(assembly);
        using var file = new PEReader(stream);
        var metadata = file.GetMetadataReader();
        var forbidden = new Dictionary<int, string>();
        foreach (var handle in metadata.MemberReferences)
        {
            var member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind != HandleKind.TypeReference) continue;
            var type = metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)member.Parent).Name);
            var name = metadata.GetString(member.Name);
            var parameters = metadata.GetBlobReader(member.Signature);
            parameters.ReadByte();
            var count = parameters.ReadCompressedInteger();
            if (type == "Scalar" && name == "op_Implicit" || type == "Tensor" && (WithHiddenNumbers.Contains(name) || name is "add" or "add_" && count == 1))
                forbidden[System.Reflection.Metadata.Ecma335.MetadataTokens.GetToken(handle)] = $"{type}.{name}";
        }
        foreach (var type in metadata.TypeDefinitions.Select(metadata.GetTypeDefinition))
            foreach (var method in type.GetMethods().Select(metadata.GetMethodDefinition).Where(method => method.RelativeVirtualAddress != 0))
            {
                var code = file.GetMethodBody(method.RelativeVirtualAddress).GetILBytes() ?? [];
                for (var at = 0; at + 5 <= code.Length; at++) // call, callvirt
                    if (code[at] is 0x28 or 0x6F && forbidden.TryGetValue(BinaryPrimitives.ReadInt32LittleEndian(code.AsSpan(at + 1)), out var callee))
                        yield return (metadata.GetString(type.Name), metadata.GetString(method.Name), callee);
            }
    }
}
