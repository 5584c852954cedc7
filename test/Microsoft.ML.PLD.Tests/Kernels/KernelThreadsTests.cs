using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass, DoNotParallelize] // sets libtorch's threads
public sealed class KernelThreadsTests
{
    // Large enough to be cut, and no multiple of anything.
    private const int Rows = 1_031, Columns = 257;

    [TestMethod]
    public void ResultsAreTheSameBitForBitOnAnyNumberOfThreads()
    {
        var before = torch.get_num_threads();
        try
        {
            foreach (var type in new[] { torch.float32, torch.bfloat16 })
            {
                var (one, three) = (Results(type, threads: 1), Results(type, threads: 3));
                for (var i = 0; i < one.Length; i++) CollectionAssert.AreEqual(one[i], three[i], $"{type}, result {i}");
            }
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }

    private static float[][] Results(torch.ScalarType type, int threads)
    {
        torch.set_num_threads(threads);
        using var scope = torch.NewDisposeScope();
        var generator = new torch.Generator(1);
        torch.Tensor Draw(params long[] shape) => torch.randn(shape, generator: generator);
        var (x, gradient) = (Draw(Rows, Columns).to(type), Draw(Rows, Columns).to(type));
        var (weight, bias) = (Draw(Columns), Draw(Columns));
        var (normalized, statistics, back) = (torch.empty_like(x), torch.empty(Rows, 2), torch.empty_like(x));
        LayerNormKernel.Forward(x, weight, bias, normalized, statistics, 1e-12);
        var ofWeights = LayerNormKernel.Backward(x, weight, statistics, gradient, back);

        var (values, slopes, inner) = (torch.empty_like(x), torch.empty_like(x), torch.empty_like(x));
        GeluKernel.Apply(x, values, slopes);
        var ofBias = GeluKernel.Backward(gradient, slopes, inner);

        var logits = x.clone();
        var loss = CrossEntropyKernel.Apply(logits, Enumerable.Range(0, Rows).Select(row => row % Columns).ToArray(), 0.5);
        var scores = Draw(2 * 3, 301, 199).to(type);
        var site = new DropoutSite(0.1, Seed: 1, Step: 2, Place: 3, FirstRow: 4, Rows: 2);
        var (dropped, bits) = (torch.empty_like(scores), torch.empty([6, 301, 7], torch.int32));
        AttentionKernel.Softmax(scores, dropped, bits, new AttentionShape(2, 3, 301, 199, 0.1, null), site);
        var layout = new HeadLayout(Rows: 1, Heads: 3, Length: Rows);
        var heads = layout.Split(x.narrow(1, 0, 252), parts: 4);
        return
        [
            .. heads.Append(layout.Join(heads)).Concat([normalized, back, ofWeights, values, slopes, inner, ofBias, logits, scores, dropped]).Select(tensor => tensor.to(torch.float32).data<float>().ToArray()),
            [(float)loss],
        ];
    }
}
