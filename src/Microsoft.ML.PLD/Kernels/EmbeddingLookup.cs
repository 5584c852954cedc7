using System.Numerics.Tensors;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Rows of a table by their numbers, on the processor. The gradient of the table is sparse: the rows looked up, each once, in order.</summary>
/// <remarks>A dense one is as large as the vocabulary, has to be cleared and read at every step, and is zero almost everywhere.</remarks>
internal sealed class EmbeddingLookup : LeanFunction<EmbeddingLookup>
{
    /// <param name="table">[V, H], float32</param>
    /// <param name="ids">[rows], int64</param>
    /// <returns>[rows, H]</returns>
    public static torch.Tensor Apply(torch.Tensor table, torch.Tensor ids) =>
        torch.is_grad_enabled() ? Run(table, ids) : table.index_select(0, ids);

    protected override torch.Tensor Forward(torch.autograd.AutogradContext context, object[] inputs)
    {
        var (table, ids) = ((torch.Tensor)inputs[0], (torch.Tensor)inputs[1]);
        if (table.dtype != torch.float32) throw new NotSupportedException($"A table of embeddings in {table.dtype}; expected Float32.");
        Save(context, ids);
        context.save_data("shape", table.shape);
        return table.index_select(0, ids);
    }

    protected override List<torch.Tensor?> Backward(torch.autograd.AutogradContext context, List<torch.Tensor> saved, torch.Tensor gradient)
    {
        var shape = (long[])context.get_data("shape");
        var ids = saved[0].data<long>().ToArray();
        var rows = ids.Distinct().Order().ToArray();
        var values = torch.zeros(rows.Length, shape[1]);
        Add(gradient.contiguous(), ids, values, rows);
        return [torch.sparse_coo_tensor(torch.tensor(rows).view(1, -1), values, shape), null];
    }

    // In the order of the ids' places: always the same sums.
    private static unsafe void Add(torch.Tensor gradient, long[] ids, torch.Tensor values, long[] rows)
    {
        var width = (int)gradient.shape[1];
        float* from = (float*)gradient.Address(), to = (float*)values.Address();
        for (var i = 0; i < ids.Length; i++)
        {
            var sum = new Span<float>(to + (nint)Array.BinarySearch(rows, ids[i]) * width, width);
            TensorPrimitives.Add(sum, new ReadOnlySpan<float>(from + (nint)i * width, width), sum);
        }
    }
}
