using CsCheck;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass, TestCategory("Vectors")]
public sealed class EmbeddingLookupTests
{
    [TestMethod]
    public void TheGradientHasTheRowsLookedUpEachOnceAndInOrder() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int[1, 40], Gen.Int[1, 50]).SelectMany((vocabulary, width, count) =>
            Gen.Int[0, vocabulary - 1].Array[count].Select(ids => (vocabulary, width, ids))).Sample((vocabulary, width, ids) =>
        {
            using var scope = torch.NewDisposeScope();
            var table = torch.randn([vocabulary, width]).requires_grad_();
            var places = torch.tensor(ids, torch.int64);
            var weights = torch.randn(ids.Length, width);
            torch.Tensor Gradient(torch.Tensor rows) => torch.autograd.grad([(rows * weights).sum()], [table])[0];

            var rows = EmbeddingLookup.Apply(table, places);
            Assert.IsTrue(rows.Equals(table.index_select(0, places)));
            var sparse = Gradient(rows);
            Assert.IsTrue(sparse.is_sparse);
            CollectionAssert.AreEqual(ids.Distinct().Order().Select(id => (long)id).ToArray(), sparse.SparseIndices.data<long>().ToArray());
            Close.Check(Gradient(table.index_select(0, places)), sparse.to_dense(), 1e-5, "gradient");
        }, iter: 100);
}
